import { expect, test } from "vitest";
import { placeOfOrigin } from "./config-layer.ts";
import { parseConfigs } from "./config.ts";
import { NOTIFY_EVENTS } from "./notification.ts";

test("a later file replaces a webhook as a whole: no address is given the secret of another", () => {
  const { config } = parseConfigs([
    { fileName: "user", text: "---\nnotify: {webhook: {url: 'https://mine', secret_env: MINE}}\n---\n" },
    { fileName: "repo", text: "---\nnotify: {webhook: {url: 'https://theirs'}, desktop: true}\n---\n" },
  ]);
  expect(config.notify.webhook).toEqual({ url: "https://theirs", events: NOTIFY_EVENTS });
});

test("what is personal holds from the user's file, all else from the repository's, and each says from where", () => {
  const { config, origins } = parseConfigs([
    {
      fileName: "user",
      isUser: true,
      text: "---\nnotify:\n  webhook: {url: 'https://mine', secret_env: MINE}\n  desktop: false\nworktree: {root: /mine}\nparallel: {max: 9}\nwork: {watch: false}\nagents: {a: {command: [x], model: m}}\n---\n",
    },
    {
      fileName: "repo",
      text: "---\nnotify:\n  webhook: {url: 'https://theirs', events: [failed]}\n  desktop: true\n  command: {argv: [n]}\nworktree: {root: /theirs, copy: [.env]}\nparallel:\n  max: 2\nagents: {a: {command: [y]}}\n---\n",
    },
  ]);
  expect(config.notify).toEqual({
    webhook: { url: "https://mine", secretEnv: "MINE", events: NOTIFY_EVENTS },
    command: { argv: ["n"], events: NOTIFY_EVENTS },
  });
  expect(config.worktree).toMatchObject({ root: "/mine", copy: [".env"], link: [] });
  expect([config.parallel.max, config.work.watch]).toEqual([2, false]);
  expect(config.agents.get("a")).toEqual({ provider: "command", command: ["y"] });
  const told = [...origins].map(([path, origin]) => [path, placeOfOrigin(origin)] as const);
  expect(
    Object.fromEntries(told.map(([path, { file, line, column }]) => [path, `${file}:${line}:${column}`])),
  ).toEqual({
    "parallel.max": "repo:8:3",
    "work.watch": "user:7:8",
    "worktree.root": "user:5:12",
    "worktree.copy": "repo:6:27",
    "notify.webhook.url": "user:3:13",
    "notify.webhook.secret_env": "user:3:34",
    "notify.desktop": "user:4:3",
    "notify.command.argv": "repo:5:13",
    "agents.a.command": "repo:9:14",
  });
});

test("a later file overrides an earlier one key by key, agents by name", () => {
  const { config, problems } = parseConfigs([
    {
      fileName: "user",
      text: "---\nparallel: {max: 9}\ndefaults: {agent: a, prompt: p}\nagents: {a: {command: [x]}, b: {command: [y]}}\n---\n",
    },
    {
      fileName: "repo",
      text: "---\ndefaults: {agent: b}\nagents: {a: {command: [z]}}\nworktree: {root: x}\n---\n",
    },
  ]);
  expect(config.defaults).toMatchObject({ agent: "b", prompt: "p" });
  expect(config.parallel.max).toBe(9);
  expect([...config.agents.values()].map((agent) => agent.command)).toEqual([["z"], ["y"]]);
  expect(problems.map((problem) => problem.file)).toEqual(["repo"]);
});
