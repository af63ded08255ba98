/** What the model says next. */
export type Answer =
  | { readonly kind: "text"; readonly text: string }
  /** Asks the agent to use one of its tools. */
  | { readonly kind: "tool"; readonly name: string; readonly input: unknown }
  | {
      readonly kind: "error";
      readonly status: 401 | 429 | 500;
      readonly headers?: Readonly<Record<string, string>>;
      /** Instead of what the API says as a rule. */
      readonly body?: unknown;
    }
  /** Takes the question and never answers. */
  | { readonly kind: "hang" };

/** An answer that is an answer. */
export type Spoken = Extract<Answer, { readonly kind: "text" | "tool" }>;

/** What each answer is billed at, in tokens. */
export const TOKENS = { input: 100, cached: 20, output: 7 } as const;

/** One question of an agent, as far as a server has to know it. */
export interface Question {
  readonly model: string;
  /** The conversation so far, as the agent sent it. */
  readonly messages: readonly unknown[];
  /** The tools that the agent offers; none means that it asks for itself, such as for a title. */
  readonly hasTools: boolean;
  readonly isStream: boolean;
}

export interface ServerSentEvent {
  /** Its name, where the API names its events. */
  readonly event?: string;
  readonly data: unknown;
}

/** How one API of models is spoken, as far as the agents that are tested need it. */
export interface Wire {
  /** Tells whether a path of a POST is one of its own. */
  readonly isPath: (path: string) => boolean;
  readonly question: (path: string, body: Readonly<Record<string, unknown>>) => Question;
  /** The answer in one piece. */
  readonly whole: (answer: Spoken, model: string, number: number) => unknown;
  /** The smallest stream that says it. */
  readonly stream: (answer: Spoken, model: string, number: number) => readonly ServerSentEvent[];
  readonly error: (status: 401 | 429 | 500) => unknown;
}

/** Where a list is expected of an agent. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
