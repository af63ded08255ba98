import type { AccountTrouble, AgentEvent } from "../domain/agent-event.ts";
import { given } from "./json.ts";
import { resetTimeIn } from "./reset-time.ts";

/** How a program's own words about its failure are to be understood. */
export interface Failure {
  readonly words: string;
  /** Of HTTP, where the program gives it apart. */
  readonly status?: number | undefined;
  /** Where the program knows better than its words tell. */
  readonly isRetryable?: boolean | undefined;
  /** Where the program names what kind of trouble it is. */
  readonly trouble?: AccountTrouble | undefined;
}

/** What a provider's reader knows of its surroundings. */
export interface Reading {
  /** What a person does when the program is not logged in, as a command or a variable to set. */
  readonly login: string;
  readonly nowMs: () => number;
}

const STATUS =
  /\b(?:status(?: code)?|HTTP|code)"?:? ?(4\d\d|5\d\d)\b|\((4\d\d|5\d\d)\)|\b(429|401|503|529)\b/i;

/** Kinds of trouble by words that go with them, the first that is found. A quota is often told with status 429 as well. */
const TROUBLES: readonly (readonly [AccountTrouble, RegExp])[] = [
  [
    "quota",
    /insufficient[_ ]quota|quota exceeded\. check your plan|exceeded your current quota|daily quota|credit balance is too low|insufficient (?:credits|balance|funds)|billing (?:hard )?limit|payment required|out of credits|monthly limit/i,
  ],
  [
    "rate_limit",
    /rate[_ -]?limit|usage[_ ]limit|too many requests|resource[_ ]exhausted|hit your .*limit|limit (?:has been )?reached/i,
  ],
  [
    "auth",
    /(?:invalid|incorrect|missing|no) (?:api|x-api)[-_ ]?key|api key (?:not valid|is (?:invalid|missing|required))|api_key_invalid|unauthori[sz]ed|unauthenticated|not (?:logged|signed) in|(?:please|must) (?:log|sign) in|login required|authentication (?:error|failed|required)|invalid auth|set an auth method|token (?:has )?expired/i,
  ],
];

/** What passes by itself, though no status says so. */
const PASSING =
  /high demand|overloaded|temporar(?:y|ily)|connection (?:refused|reset|failed|error)|cannot connect|econn(?:refused|reset)|etimedout|enotfound|eai_again|socket hang up|fetch failed|network error|stream disconnected|timed? ?out|internal server error|service unavailable|bad gateway/i;

/** The longest error that is passed on, in characters. */
const ERROR_LIMIT = 2_000;

/** Returns the events that end a launch which failed: the limit that was met, where it was one, and the last word. */
export function failed(failure: Failure, { login, nowMs }: Reading): readonly AgentEvent[] {
  const words = failure.words.trim() === "" ? "it failed without saying why" : failure.words.trim();
  const status = failure.status ?? statusIn(words);
  const toldMs = resetTimeIn(words, nowMs());
  const trouble = failure.trouble ?? troubleIn(words, status, toldMs !== undefined);
  const isLimit = trouble === "rate_limit";
  const resetsAtMs = isLimit ? toldMs : undefined;
  const isRetryable =
    failure.isRetryable ?? (trouble === undefined && PASSING.test(words) ? true : undefined);
  const said = words.slice(0, ERROR_LIMIT);
  return [
    ...(isLimit ? [{ kind: "limit", status: "rejected", ...given("resetsAtMs", resetsAtMs) } as const] : []),
    {
      kind: "ended",
      isOk: false,
      error: trouble === "auth" ? `${said.replace(/[.!]$/, "")}; ${login}` : said,
      ...given("status", status),
      ...given("isRetryable", isRetryable),
      ...given("resetsAtMs", resetsAtMs),
      ...given("trouble", trouble),
    },
  ];
}

/** Returns the status of HTTP that words of a failure name. */
export function statusIn(words: string): number | undefined {
  const found = STATUS.exec(words)
    ?.slice(1)
    .find((each: string | undefined) => each !== undefined);
  return found === undefined ? undefined : Number(found);
}

/** `isTimed`: they tell when to come again, which an account that is used up for good does not. */
function troubleIn(words: string, status: number | undefined, isTimed: boolean): AccountTrouble | undefined {
  if (status === 401 || status === 403) return "auth";
  // What the server is to blame for, the account is not.
  if (status !== undefined && status >= 500) return undefined;
  const said = TROUBLES.find(([, pattern]) => pattern.test(words))?.[0];
  if (said === "auth") return said;
  if (isTimed) return "rate_limit";
  return status === 429 && said !== "quota" ? "rate_limit" : said;
}
