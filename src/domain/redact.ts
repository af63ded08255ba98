/** Takes secrets out of a text: what is known to be one, or has the form of one, is replaced. */
export type Redact = (text: string) => string;

/** What stands in the place of a secret. */
export const REDACTED = "[redacted]";

/** What the makers of keys have given a form of its own, and what stands where only a secret does. */
const FORMS: readonly RegExp[] = [
  /\bsk-[A-Za-z0-9_-]{16,}/,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/,
  /\bglpat-[A-Za-z0-9_-]{16,}/,
  /\bnpm_[A-Za-z0-9]{30,}/,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\bAIza[A-Za-z0-9_-]{30,}/,
  /\bxox[a-z]-[A-Za-z0-9-]{10,}/,
  /\beyJ[A-Za-z0-9_-]{8,200}\.[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,}/,
  /(?<=\b[Bb]earer )[A-Za-z0-9._~+/-]{12,}=*/,
  // The password of an address; what it stands in may be JSON, which has to stay so.
  /(?<=:\/\/[^\s/:@"'\\]{0,64}:)[^\s/@"'\\]{1,256}(?=@)/,
];

/** Variables whose values are secrets, by how their names end. */
const SECRET_NAME = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)$/i;

/** What chant itself tells an agent is no secret: a run's token stands in its log. */
const OWN_NAME = /^CHANT_/;

/** A shorter value, such as `1` or `none`, would be replaced all over. */
const LEAST_SECRET = 8;

/** Tells whether the value of a variable is a secret: its name says so, and it is no path. */
const isSecret = (name: string, value: string): boolean =>
  SECRET_NAME.test(name) && !OWN_NAME.test(name) && value.length >= LEAST_SECRET && !/^[/~.]/.test(value);

const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);

/** What a pattern of the configuration is: text, and a star at its end for what follows up to a space or a quote. */
export const REDACT_PATTERN = /^[^*\s]{4,}\*?$/;

const wildcard = (pattern: string): string =>
  pattern.endsWith("*") ? literally(pattern.slice(0, -1)) + String.raw`[^\s"'\\]*` : literally(pattern);

/** Returns what takes secrets out: those of the known forms, those of the environment, and what the patterns name. */
export function redactor(
  patterns: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Redact {
  const values = Object.entries(env).flatMap(([name, value = ""]) => {
    if (!isSecret(name, value)) return [];
    // In JSON it may be written otherwise.
    return [...new Set([value, JSON.stringify(value).slice(1, -1)])];
  });
  // The longer one first: one may begin with the other.
  const longestFirst = values.toSorted((one, other) => other.length - one.length);
  const sources = [
    ...longestFirst.map(literally),
    ...FORMS.map(({ source }) => source),
    ...patterns.map(wildcard),
  ];
  const any = new RegExp(sources.join("|"), "g");
  return (text) => text.replace(any, REDACTED);
}

/** Takes secrets out of every text in a value of plain data. */
export function redactData<T>(value: T, redact: Redact): T {
  if (typeof value === "string") return redact(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => redactData(item, redact)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [key, redactData(item, redact)]),
  ) as T;
}
