import { createHmac } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Notifier, type NotifierOptions } from "../../src/app/notify.ts";
import type { NotifyConfig } from "../../src/domain/config.ts";
import type { ChantEvent } from "../../src/domain/event.ts";
import { NOTIFY_EVENTS } from "../../src/domain/notification.ts";
import { hermeticEnv, REPOSITORY_MARK } from "../kit/environment.ts";
import { eventually } from "../kit/eventually.ts";
import { processesWith } from "../kit/process.ts";
import { tempFolder } from "../kit/temp-repo.ts";
import { type WebhookAnswer, WebhookServer } from "../kit/webhook-server.ts";

const at = Date.UTC(2026, 10, 21, 12, 34, 56);
const events = NOTIFY_EVENTS;
const landed = (id: string): ChantEvent => ({ at, kind: "landed", id, target: "main", commit: "fe12a90" });
const failed = (reason: string): ChantEvent => ({ at, kind: "failed", id: "001-x7m", reason });

const QUICK = { maxRetries: 3, retryDelayMs: 1, backoffMultiplier: 2, maxDelayMs: 5, jitter: 0 } as const;

/** A notifier in a folder of its own, with a `bin` on its PATH; what it warns of is collected. */
async function withNotifier(config: NotifyConfig, options: Partial<NotifierOptions> = {}) {
  const folder = await tempFolder();
  const { path } = folder;
  const bin = join(path, "bin");
  await mkdir(bin);
  const hermetic = hermeticEnv(path);
  const env = { ...hermetic, PATH: `${bin}:${hermetic["PATH"] ?? ""}`, ...options.env };
  const warnings: string[] = [];
  const notifier = new Notifier({
    config,
    repository: path,
    platform: "linux",
    random: () => 0.5,
    warn: (message) => warnings.push(message),
    ...options,
    limits: { webhookRetry: QUICK, closeMs: 20_000, ...options.limits },
    env,
  });
  return {
    path,
    notifier,
    warnings,
    /** Puts a program of shell onto the PATH. */
    async program(name: string, script: string): Promise<void> {
      await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(bin, name), 0o755);
    },
    read: (name: string): Promise<string> => readFile(join(path, name), "utf8"),
    async [Symbol.asyncDispose]() {
      await notifier.close();
      await eventually("no process is left", [], () => processesWith(REPOSITORY_MARK, path).length === 0);
      await folder[Symbol.asyncDispose]();
    },
  };
}

const hook = (server: WebhookServer, secretEnv?: string): NotifyConfig => ({
  webhook: { url: `${server.url}/hook`, events, ...(secretEnv === undefined ? {} : { secretEnv }) },
});

test("a webhook gets each event as signed JSON, in order", async () => {
  await using server = await WebhookServer.start(200);
  await using some = await withNotifier(hook(server, "SECRET"), { env: { SECRET: "s3cret" } });
  some.notifier.note(landed("A"));
  some.notifier.note({ at, kind: "needs_attention", id: "B", reason: "conflict in a\u001b[2J" });
  some.notifier.note({ at, kind: "resuming", id: "C" });
  some.notifier.note({ at, kind: "all_done", landed: 1, failed: 0, attention: 1 });
  await some.notifier.close();
  const common = { version: 1, at: "2026-11-21T12:34:56.000Z", repository: some.path };
  expect(server.posts.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
    { ...common, event: "landed", spec: "A" },
    { ...common, event: "needs_attention", spec: "B", reason: String.raw`conflict in a\x1b[2J` },
    { ...common, event: "all_done", reason: "1 landed, 1 in need of attention" },
  ]);
  for (const { headers, body, path } of server.posts) {
    const signature = createHmac("sha256", "s3cret").update(body).digest("hex");
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "x-chant-signature": `sha256=${signature}`,
    });
    expect(path).toBe("/hook");
  }
  expect(some.warnings).toEqual([]);
});

test("without a secret nothing is signed; with one that is missing nothing is sent", async () => {
  await using server = await WebhookServer.start(200);
  await using plain = await withNotifier(hook(server));
  plain.notifier.note(landed("A"));
  await plain.notifier.close();
  expect(server.posts[0]?.headers["x-chant-signature"]).toBeUndefined();

  await using unsigned = await withNotifier(hook(server, "NOT_THERE"));
  unsigned.notifier.note(landed("B"));
  await unsigned.notifier.close();
  expect(server.posts).toHaveLength(1);
  expect(unsigned.warnings).toEqual([
    "The webhook is not called: NOT_THERE, which notify.webhook.secret_env names, is not in the environment.",
  ]);
});

test("only the events that were asked for are told", async () => {
  await using server = await WebhookServer.start(200);
  const config: NotifyConfig = { webhook: { url: server.url, events: ["failed"] } };
  await using some = await withNotifier(config);
  some.notifier.note(landed("A"));
  some.notifier.note({ at, kind: "failed", id: "B", reason: "rate_limit", again: true });
  some.notifier.note(failed("no commit"));
  await some.notifier.close();
  expect(server.posts.map(({ body }) => (JSON.parse(body) as { event: string }).event)).toEqual(["failed"]);
});

test.each<[string, readonly WebhookAnswer[], number, string | undefined]>([
  ["a server that is over its trouble", [503, "drop", 429, 200], 4, undefined],
  ["a server that is not", [503], 4, "it answered 503"],
  ["a server that refuses", [403], 1, "it answered 403"],
  [
    "a redirect",
    [[302, { location: "http://127.0.0.1:1/" }]],
    1,
    "it answered 302, and redirects are not followed",
  ],
  ["a server that hangs", ["hang"], 4, "no answer within 0.1 s"],
])("a webhook is tried again as far as that may help: %s", async (_, answers, tries, problem) => {
  await using server = await WebhookServer.start(...answers);
  await using some = await withNotifier(hook(server), { limits: { webhookMs: 100 } });
  some.notifier.note(landed("A"));
  await some.notifier.close();
  expect(server.posts).toHaveLength(tries);
  // The path of the address may be a secret, so it is not told.
  expect(some.warnings).toEqual(
    problem === undefined ? [] : [`The webhook at ${server.url} could not be told: ${problem}.`],
  );
});

test("it warns once, and again only when something was told in between", async () => {
  await using server = await WebhookServer.start(403, 403, 403, 200, 403, 403);
  await using some = await withNotifier(hook(server));
  for (const id of ["A", "B", "C", "D", "E", "F"]) some.notifier.note(landed(id));
  await some.notifier.close();
  expect(server.posts).toHaveLength(6);
  expect(some.warnings).toHaveLength(2);
});

test("a command gets the event on its input and in its environment, without a shell", async () => {
  const argv = ["note-it", "$HOME; echo", "a b"];
  await using some = await withNotifier({ command: { argv, events } });
  await some.program(
    "note-it",
    `{ printf '%s|' "$@" "$CHANT_EVENT" "\${CHANT_SPEC_ID-none}" "\${CHANT_REASON-none}"; cat; } >>told`,
  );
  some.notifier.note(failed("$(touch hacked)\0"));
  some.notifier.note({ at, kind: "all_done", landed: 1, failed: 0, attention: 0 });
  await some.notifier.close();
  const [first = "", second = ""] = (await some.read("told")).trimEnd().split("\n");
  expect(first).toContain(String.raw`$HOME; echo|a b|failed|001-x7m|$(touch hacked)\x00|{"version":1,`);
  expect(second).toContain("|all_done|none|1 landed|{");
  expect(some.warnings).toEqual([]);
});

test.each([
  ["fails", "echo 'no such channel' >&2; exit 3", "exited with status 3: no such channel"],
  ["hangs, with children", "sleep 1000 & sleep 1000", "was stopped after 0.1 s"],
])("a command that %s is warned of", async (_, script, problem) => {
  await using some = await withNotifier(
    { command: { argv: ["note-it"], events } },
    { limits: { commandMs: 100 } },
  );
  await some.program("note-it", script);
  some.notifier.note(landed("A"));
  some.notifier.note(landed("B"));
  await some.notifier.close();
  expect(some.warnings).toEqual([`The command of notify.command could not be told: note-it ${problem}.`]);
});

test("the desktop is told by notify-send, its texts as arguments and without markup", async () => {
  await using some = await withNotifier({ desktop: { events } });
  await some.program("notify-send", `printf '%s\\n' "$@" >>told`);
  some.notifier.note(failed("--icon=x <b>&</b>"));
  await some.notifier.close();
  expect(await some.read("told")).toBe(
    [
      "--app-name=chant",
      "--",
      "chant: 001-x7m failed",
      "--icon=x &lt;b&gt;&amp;&lt;/b&gt;",
      `${some.path.split("/").at(-1) ?? ""}\n`,
    ].join("\n"),
  );
});

test("on macOS the texts are arguments of a script that stays the same", async () => {
  await using some = await withNotifier({ desktop: { events } }, { platform: "darwin" });
  await some.program("osascript", `printf '%s\\n' "$@" >>told`);
  some.notifier.note(failed('" & (do shell script "touch hacked")'));
  await some.notifier.close();
  expect((await some.read("told")).split("\n").slice(6, 8)).toEqual([
    "chant: 001-x7m failed",
    '" & (do shell script "touch hacked")',
  ]);
});

test.each<[NodeJS.Platform, string]>([
  ["linux", "notify-send was not found"],
  ["win32", "there is no way to do it on win32"],
])("a desktop that cannot be told on %s is one warning", async (platform, problem) => {
  await using some = await withNotifier({ desktop: { events } }, { platform, env: { PATH: "/nowhere" } });
  for (const id of ["A", "B", "C"]) some.notifier.note(landed(id));
  await some.notifier.close();
  expect(some.warnings).toEqual([`The desktop could not be told: ${problem}.`]);
});

test("one that hangs holds up neither the others nor the end, and too many are dropped with one warning", async () => {
  await using server = await WebhookServer.start("hang");
  const config: NotifyConfig = { ...hook(server), command: { argv: ["note-it"], events } };
  await using some = await withNotifier(config, { limits: { waiting: 10 } });
  await some.program("note-it", `echo "$CHANT_SPEC_ID" >>told`);
  some.notifier.note(landed("A"));
  await server.arrived(1);
  await eventually("the command was told", [some.path], () => some.read("told"));
  for (let n = 0; n < 20; n += 1) some.notifier.note({ ...landed(`B${n}`) });
  const beganMs = performance.now();
  await some.notifier.close(50);
  expect(performance.now() - beganMs).toBeLessThan(4000);
  some.notifier.note(landed("Z"));
  await some.notifier.close();
  const dropped = "could not be told: more than 10 notifications wait, so new ones are left out.";
  expect(some.warnings).toContain(`The webhook at ${server.url} ${dropped}`);
  expect(some.warnings.at(-1)).toMatch(/^\d+ notifications could not be sent before the end\.$/);
  expect(server.posts).toHaveLength(1);
});

test("the end stops a command that hangs", async () => {
  await using some = await withNotifier({ command: { argv: ["note-it"], events } });
  await some.program("note-it", "trap '' TERM; echo >started; sleep 1000 & wait");
  some.notifier.note(landed("A"));
  await eventually("it has started", [some.path], () => some.read("started"));
  await some.notifier.close(10);
  expect(some.warnings).toEqual(["1 notification could not be sent before the end."]);
});

test("with nothing configured nothing happens", async () => {
  await using some = await withNotifier({});
  some.notifier.note(landed("A"));
  await some.notifier.close();
  expect(some.warnings).toEqual([]);
});
