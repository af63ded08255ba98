import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/application.ts";
import { programUnderTest } from "../kit/chant.ts";
import { run } from "../kit/process.ts";
import { tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";

const A = "2026-01-01-001-aaa";

/** A user may not mount; a namespace of one's own in which it is allowed needs root, or a kernel that lets users have one. */
const UNSHARE = ["unshare", "--mount", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"])];
/** How a disk refuses is the same under both runtimes, and each table takes seconds: one of them is enough. */
const isHere = process.env["CHANT_UNDER_TEST"] === "exe";
const canMount =
  isHere &&
  spawnSync(UNSHARE[0] ?? "", [...UNSHARE.slice(1), "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).status === 0;
if (isHere && !canMount) {
  process.stderr.write("Skipped: places without room or rights, as nothing can be mounted here.\n");
}

/** Every command on a spec that it could work on, by the definitions: with an id where it takes one. */
function lines(): readonly (readonly string[])[] {
  const besides: { readonly [command: string]: readonly string[] } = {
    init: ["--agent", "x"],
    add: ["A title"],
    reject: ["--reason", "x"],
    start: ["--here"],
    tick: ["--all"],
    watch: ["--once"],
    config: ["check"],
    trust: ["git-config"],
    dashboard: ["--once"],
  };
  return Object.entries(COMMANDS).map(([name, { parameters }]) => {
    const takesId = /"placeholder":"ID/.test(JSON.stringify(parameters.positional ?? {}));
    return [name, ...(takesId ? [A] : []), ...(besides[name] ?? [])];
  });
}

interface Ended {
  readonly line: string;
  readonly status: number;
  readonly stderr: string;
  readonly changed: string;
}

const quoted = (words: readonly string[]): string =>
  words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");

/** Runs every command in a namespace that `mount` has prepared, and tells what each said and changed in the checkout. */
async function runAll(repo: TempRepo, mount: string): Promise<readonly Ended[]> {
  const tree = `(cd project && find . \\( -path ./.git/chant -o -path ./.git/info -o -path ./.git/objects \\) -prune -o -type f -print | sort | xargs sha256sum; git -C project rev-parse HEAD)`;
  const calls = lines().map(
    (line) => `
    (cd project && ${quoted([...programUnderTest(), ...line])} </dev/null >"$OUT/out" 2>"$OUT/err"); echo $? >"$OUT/status"
    ${tree} >"$OUT/after" 2>&1
    printf '%s\\0%s\\0%s\\0%s\\0' ${quoted([line.join(" ")])} "$(cat "$OUT/status")" "$(cat "$OUT/err" "$OUT/out")" "$(diff "$OUT/before" "$OUT/after")"
    mv "$OUT/after" "$OUT/before"`,
  );
  const script = `set -e\nmkdir -p "$OUT"\n${mount}\nset +e\n${tree} >"$OUT/before" 2>&1\n${calls.join("\n")}`;
  const env = { ...repo.env, OUT: `${repo.root}/out`, EDITOR: "true" };
  const { stdout, stderr, status } = await run(
    UNSHARE[0] ?? "",
    [...UNSHARE.slice(1), "sh", "-c", script],
    { cwd: repo.root, env },
    120_000,
  );
  expect([status, stderr]).toEqual([0, ""]);
  const parts = stdout.split("\0").slice(0, -1);
  return Array.from({ length: parts.length / 4 }, (_, at) => ({
    line: parts[at * 4] ?? "",
    status: Number(parts[at * 4 + 1]),
    stderr: parts[at * 4 + 2] ?? "",
    changed: parts[at * 4 + 3] ?? "",
  }));
}

function expectRefused(ended: readonly Ended[]): void {
  // Misuse as well: what a command needs besides, this table does not know of every one.
  const isRefused = ({ status, stderr }: Ended): boolean =>
    status === 0 ||
    ([1, 2, 75].includes(status) && /^hint: ./m.test(stderr) && !stderr.includes("internal error"));
  const isUntouched = ({ status, changed }: Ended): boolean => status === 0 || changed === "";
  expect(ended.filter((each) => !isRefused(each) || !isUntouched(each))).toEqual([]);
  // Those that only read go on as ever.
  const works = ended.filter(({ status }) => status === 0).map(({ line }) => line.split(" ")[0]);
  expect(works).toEqual(expect.arrayContaining(["list", "show", "why", "lint", "status", "export"]));
  expect(ended.find(({ line }) => line.startsWith("add "))?.status).toBe(1);
}

test.skipIf(!canMount)(
  "where .chant cannot be written, every command refuses in words or only reads",
  async () => {
    await using repo = await tempProject({ specs: { [A]: { script: "true" } } });
    expectRefused(
      await runAll(
        repo,
        "mount --bind project/.chant project/.chant && mount -o remount,bind,ro project/.chant",
      ),
    );
  },
);

test.skipIf(!canMount)("on a full disk, every command refuses in words or only reads", async () => {
  await using repo = await tempProject({ specs: { [A]: { script: "true" } } });
  expectRefused(
    await runAll(
      repo,
      `cp -a project copy && mount -t tmpfs -o size=2m tmpfs project && cp -a copy/. project/
       dd if=/dev/zero of=project/.git/filler bs=4k >"$OUT/dd" 2>&1 || true`,
    ),
  );
});
