/** What an entry of `agent.env_pass` is: the name of a variable, or how names begin, with a `*` at its end. */
export const PASSED_NAME = /^(?:[A-Za-z_][A-Za-z0-9_]*\*?|\*)$/;

/** Without these few programs work: none of them holds a secret. */
const USUAL = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "LC_*",
  "TZ",
  "TERM",
  "COLORTERM",
  "NO_COLOR",
  "TMPDIR",
  "TMP",
  "TEMP",
  "XDG_*",
  "EMAIL",
  "GIT_AUTHOR_*",
  "GIT_COMMITTER_*",
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "GIT_CONFIG_NOSYSTEM",
  "CHANT_*",
];

/** Returns the part of an environment that agents get, by `agent.env_pass`. */
export function passedEnvironment<Value>(
  env: Readonly<Record<string, Value>>,
  pass: "all" | readonly string[],
): Record<string, Value> {
  if (pass === "all") return { ...env };
  const wanted = [...USUAL, ...pass];
  const isPassed = (name: string): boolean =>
    wanted.some((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each));
  return Object.fromEntries(Object.entries(env).filter(([name]) => isPassed(name)));
}
