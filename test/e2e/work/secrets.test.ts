import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk } from "../../kit/chant.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import { statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-abc";
const VALUE = "correct-horse-battery";
const KEY = `ghp_${"a1B2c3D4e5".repeat(4)}`;
const OURS = "corp-4711-0815";
const SECRETS = [VALUE, KEY, OURS];

test("what an agent says of secrets stands in no log, reason, commit, notification or export", async () => {
  const script = `echo "the key is $MY_API_KEY, or ${KEY}, or ${OURS}; all well otherwise"
printf '{"spec_id":"${A}","status":"failed","updated_at":"2999-01-01T00:00:00Z","error":"refused: %s %s"}' "$MY_API_KEY" "${OURS}" >"$CHANT_STATUS_FILE"`;
  await using repo = await tempProject({
    config: `redact: { patterns: ["corp-*"] }\nnotify: { command: { argv: ["sh", "-c", "cat >>../told.txt"] } }\n`,
    specs: { [A]: { title: "One", body: "Mind the key.", script } },
  });
  const env = { MY_API_KEY: VALUE };
  const worked = await chant(repo, ["work"], { env });
  expect(await statusOn(repo, A)).toBe("failed");
  const places = {
    work: worked.stdout + worked.stderr,
    log: await chantOk(repo, ["log", A]),
    logFile: await repo.read(`.chant/logs/${A}.log`),
    why: await chantOk(repo, ["why", A]),
    commits: await repo.git("log", "-p", "--format=%B"),
    told: await repo.read("../told.txt"),
    records: await repo.read(`.git/chant/runs/${A}.json`),
  };
  for (const [place, text] of Object.entries(places)) {
    // The spec itself is the user's own text, and this one has the last two in its script.
    const mine = place === "commits" ? [VALUE] : SECRETS;
    expect({ place, found: mine.filter((secret) => text.includes(secret)) }).toEqual({ place, found: [] });
  }
  expect(places.log).toContain("the key is [redacted], or [redacted], or [redacted] all well otherwise");
  expect(places.why).toContain("refused: [redacted] [redacted]");
  // What it printed is kept as it is for this user alone.
  const raw = join(repo.path, `.chant/logs/${A}.raw`);
  expect(await repo.read(`.chant/logs/${A}.raw`)).toContain(VALUE);
  expect(((await stat(raw)).mode & 0o777).toString(8)).toBe("600");
  const exported = await chantOk(repo, ["export", "--fields", "id,body"]);
  expect(SECRETS.filter((secret) => exported.includes(secret))).toEqual([]);
  expect(exported).toContain("[redacted]");
});

test("an agent gets the variables that agent.env_pass names, the usual ones and its own", async () => {
  const script = `env | cut -d= -f1 | sort >names.txt\n${goodScript("one.txt")}`;
  await using repo = await tempProject({
    config: "agent: { env_pass: [ANTHROPIC_*, PASSED] }\n",
    agent: "{ provider: script, env: { OF_THE_AGENT: yes } }",
    specs: { [A]: { title: "One", script } },
  });
  const env = { ANTHROPIC_MODEL: "m", PASSED: "p", AWS_PROFILE: "secret", PASSED_NOT: "n" };
  await chantOk(repo, ["work"], { env });
  const names = (await repo.read("names.txt")).trim().split("\n");
  const wanted = ["ANTHROPIC_MODEL", "PASSED", "OF_THE_AGENT", "PATH", "HOME", "CHANT_SPEC_ID"];
  expect(names).toEqual(expect.arrayContaining(wanted));
  expect(names.filter((name) => ["AWS_PROFILE", "PASSED_NOT"].includes(name))).toEqual([]);
});
