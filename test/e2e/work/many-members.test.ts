import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson } from "../../kit/chant.ts";
import { numberOf } from "../../kit/random.ts";
import { type SpecDraft, tempProject } from "../../kit/spec.ts";
import { statusOn } from "../../kit/traces.ts";

/** How many members are worked: 300 with `npm run test:members`. */
const MEMBERS = numberOf("MANY_MEMBERS", 16);
const SLOTS = 8;

const D = "2026-01-01-001-ddd";
const idOf = (n: number): string => `${D}.${n}`;

/** From the second dozen on, every seventh waits for one a little before it. */
const needsOf = (n: number): readonly string[] => (n > 12 && n % 7 === 0 ? [idOf(n - 9)] : []);

/**
 * Says when it begins and ends, in a file of the test's. Each of the first waits until all slots are taken, so that so
 * many are really seen at once.
 */
const agent = (log: string): string => `#!/bin/sh -e
echo "+ $CHANT_SPEC_ID" >>"${log}"
case " ${Array.from({ length: SLOTS }, (_, at) => idOf(at + 1)).join(" ")} " in
*" $CHANT_SPEC_ID "*)
  tries=0
  while [ "$(grep -c '^+' "${log}")" -lt ${SLOTS} ] && [ $tries -lt 600 ]; do sleep 0.1; tries=$((tries + 1)); done ;;
esac
echo done >"$CHANT_SPEC_ID.txt"
chant tick --all
git add --all
git commit --quiet -m "Add $CHANT_SPEC_ID"
echo "- $CHANT_SPEC_ID" >>"${log}"
`;

// What it is about is the same for both builds, and it takes its time.
test.skipIf(process.env["CHANT_UNDER_TEST"] !== "exe")(
  `of ${MEMBERS} members never more than ${SLOTS} are worked at once, all land, and the driver is completed by the last`,
  async () => {
    const members = Array.from({ length: MEMBERS }, (_, at): [string, SpecDraft] => [
      idOf(at + 1),
      { title: `Member ${at + 1}`, dependsOn: needsOf(at + 1) },
    ]);
    await using repo = await tempProject({
      agent: ["./agent.sh"],
      config: "work: { watch: false }\n",
      specs: { [D]: { type: "driver" }, ...Object.fromEntries(members) },
    });
    const folder = join(repo.root, "said");
    await mkdir(folder);
    const log = join(folder, "log");
    await repo.write({ "agent.sh": agent(log) });
    await repo.commitAll("The agent");
    await repo.git("update-index", "--chmod=+x", "agent.sh");
    await repo.git("commit", "--quiet", "-m", "Its mode");
    await repo.git("checkout", "--quiet", "--force", "HEAD", "--", "agent.sh");
    const startMs = performance.now();
    const { status, stderr } = await chant(repo, ["work", "ddd", "--max", String(SLOTS)], {
      limitMs: 60_000 + MEMBERS * 4_000,
    });
    const tookMs = performance.now() - startMs;
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });

    const told = (await readFile(log, "utf8")).trim().split("\n");
    let atOnce = 0;
    let most = 0;
    const ended = new Set<string>();
    for (const [sign, id = ""] of told.map((line) => line.split(" "))) {
      atOnce += sign === "+" ? 1 : -1;
      most = Math.max(most, atOnce);
      if (sign === "-") ended.add(id);
      const n = Number(id.slice(D.length + 1));
      if (sign === "+") expect(needsOf(n).filter((need) => !ended.has(need))).toEqual([]);
    }
    expect(most).toBe(SLOTS);
    expect(ended.size).toBe(MEMBERS);
    expect(await statusOn(repo, D)).toBe("completed");
    const specs = await chantJson<readonly { status: string }[]>(repo, ["list", "--all"]);
    expect(specs.filter((spec) => spec.status === "completed")).toHaveLength(MEMBERS + 1);
    const files = await repo.git("ls-files", `${D}.*.txt`);
    expect(files.split("\n")).toHaveLength(MEMBERS);
    if (MEMBERS > 50) process.stdout.write(`${MEMBERS} members in ${(tookMs / 1000).toFixed(1)} s\n`);
  },
  120_000 + MEMBERS * 5_000,
);
