import { isReadBy, PROVIDER_KEYS } from "./agent-provider.ts";
import { agentNamed, type ReadConfig } from "./config.ts";
import { placeOfOrigin, type Problem } from "./config-layer.ts";
import { isChantError } from "../kit/errors.ts";
import { closest } from "../kit/text.ts";
import { isLintRule, OPTIONAL_RULES } from "./lint/finding.ts";

/** What a configuration speaks of that lies outside of it. */
export interface ConfigFacts {
  /** The name of the repository's file, for what no key says. */
  readonly fileName: string;
  /** The prompts that there are, as files (without .md) or without one. */
  readonly prompts: ReadonlySet<string>;
  /** Tells whether an environment variable is set. */
  readonly isSet: (name: string) => boolean;
}

type Rule = (read: ReadConfig, facts: ConfigFacts) => readonly Problem[];

const RULES: readonly Rule[] = [
  (read, facts) => unknownAgent(read, facts),
  (read, facts) => missingPrompt(read, facts),
  (read, facts) => missingSecret(read, facts),
  (read) => withoutEffect(read),
  (read) => agentKeysWithoutEffect(read),
  (read) => contradictions(read),
  (read) => wrongRules(read),
];

/**
 * Finds what no single key shows: names of things that are not there (errors: chant refuses to work with them), and keys
 * that mean nothing beside others (warnings).
 */
export const checkMeaning = (read: ReadConfig, facts: ConfigFacts): readonly Problem[] =>
  RULES.flatMap((rule) => rule(read, facts));

/** Makes a problem at the place of a key, or at the top of the repository's file where no file says it. */
function problemAt(
  { origins }: ReadConfig,
  path: string,
  problem: Pick<Problem, "severity" | "message" | "hint">,
  fileName = "",
): Problem {
  const origin = origins.get(path);
  const place = origin === undefined ? { file: fileName, line: 1, column: 1 } : placeOfOrigin(origin);
  return { ...problem, ...place };
}

function unknownAgent(read: ReadConfig, { fileName }: ConfigFacts): readonly Problem[] {
  try {
    agentNamed(read.config, read.config.defaults.agent);
    return [];
  } catch (error) {
    if (!isChantError(error)) throw error;
    const { message, hint } = error;
    const problem = { severity: "error" as const, message: `"defaults.agent": ${message}` };
    return [problemAt(read, "defaults.agent", hint === undefined ? problem : { ...problem, hint }, fileName)];
  }
}

function missingPrompt(read: ReadConfig, { prompts, fileName }: ConfigFacts): readonly Problem[] {
  const { prompt } = read.config.defaults;
  if (prompts.has(prompt)) return [];
  return [
    problemAt(
      read,
      "defaults.prompt",
      {
        severity: "error",
        message: `"defaults.prompt": there is no .chant/prompts/${prompt}.md, so agents are told nothing.`,
        hint: `Prompts that there are: ${[...prompts].join(", ")}.`,
      },
      fileName,
    ),
  ];
}

function missingSecret(read: ReadConfig, { isSet }: ConfigFacts): readonly Problem[] {
  const name = read.config.notify.webhook?.secretEnv;
  if (name === undefined || isSet(name)) return [];
  const message = `"notify.webhook.secret_env": ${name} is not set here, so posts would not be signed.`;
  return [problemAt(read, "notify.webhook.secret_env", { severity: "warning", message })];
}

/** Keys that mean nothing while another has a certain value. */
const MEANINGLESS: readonly {
  readonly keys: readonly string[];
  readonly while: string;
  readonly isSo: (read: ReadConfig) => boolean;
}[] = [
  {
    keys: ["retry_delay_ms", "backoff_multiplier", "max_delay_ms", "jitter", "retryable_patterns"].map(
      (key) => `watch.failure.${key}`,
    ),
    while: '"watch.failure.max_retries" is 0',
    isSo: ({ config }) => config.watch.failure.maxRetries === 0,
  },
  {
    keys: ["lifecycle.specs.retention"],
    while: '"lifecycle.specs.archive.enabled" is false: nothing is archived by itself',
    isSo: ({ values }) => values.get("lifecycle.specs.archive.enabled") === false,
  },
  {
    keys: ["agent.stall_minutes"],
    while: '"agent.timeout_minutes" is not larger: an agent is stopped by then in any case',
    isSo: ({ config: { agent } }) =>
      agent.timeoutMinutes > 0 && agent.stallMinutes > 0 && agent.timeoutMinutes <= agent.stallMinutes,
  },
];

const withoutEffect = (read: ReadConfig): readonly Problem[] =>
  MEANINGLESS.filter(({ isSo }) => isSo(read)).flatMap((rule) =>
    rule.keys
      .filter((key) => read.origins.has(key))
      .map((key) =>
        problemAt(read, key, {
          severity: "warning",
          message: `"${key}" has no effect while ${rule.while}.`,
        }),
      ),
  );

const agentKeysWithoutEffect = (read: ReadConfig): readonly Problem[] =>
  [...read.config.agents].flatMap(([name, { provider }]) =>
    PROVIDER_KEYS.filter((key) => read.origins.has(`agents.${name}.${key}`) && !isReadBy(key, provider)).map(
      (key) =>
        problemAt(read, `agents.${name}.${key}`, {
          severity: "warning",
          message: `"agents.${name}.${key}" has no effect: the provider ${provider} does not read it.`,
        }),
    ),
  );

function contradictions(read: ReadConfig): readonly Problem[] {
  const { retryDelayMs, maxDelayMs, maxRetries } = read.config.watch.failure;
  if (retryDelayMs <= maxDelayMs || maxRetries === 0) return [];
  const key = ["watch.failure.retry_delay_ms", "watch.failure.max_delay_ms"].find((path) =>
    read.origins.has(path),
  );
  return [
    problemAt(read, key ?? "", {
      severity: "warning",
      message: `"watch.failure.retry_delay_ms" is ${retryDelayMs}, above "watch.failure.max_delay_ms" with ${maxDelayMs}: each retry waits that long.`,
    }),
  ];
}

/** Names under `lint.disable` that turn nothing off. */
const wrongRules = (read: ReadConfig): readonly Problem[] =>
  read.config.lint.disable
    .filter((name) => !OPTIONAL_RULES.some((rule) => rule === name))
    .map((name) => {
      const near = closest(name, OPTIONAL_RULES);
      return problemAt(read, "lint.disable", {
        severity: "warning",
        message: isLintRule(name)
          ? `"lint.disable": the rule "${name}" cannot be turned off.`
          : `"lint.disable": there is no rule "${name}".`,
        hint: near === undefined ? `Rules: ${OPTIONAL_RULES.join(", ")}.` : `Did you mean "${near}"?`,
      });
    });
