import { unreachable } from "../../../src/kit/unreachable.ts";
import type { Agent } from "./step.ts";
import { outFile } from "./world.ts";

/** Beside the checkout, so in no tree. */
const BESIDE = "$CHANT_HOME/..";

const TICK = (boxes: string): string => `sed -i '${boxes}' "$CHANT_SPEC_FILE"`;
const BOTH = TICK("s/^- \\[ \\]/- [x]/");

/** The block under `## Script` of the spec with this number. */
export function scriptOf(agent: Agent, n: number): string {
  const out = outFile(n);
  const commit = `git add --all\ngit commit -q -m "Add ${out}"`;
  const work = `echo done >>${out}\nchant tick --all >"${BESIDE}/ticked"\n${commit}`;
  switch (agent) {
    case "good":
      return work;
    case "lazy":
      return `echo done >>${out}\n${BOTH}`;
    case "fails":
      return `echo half >>${out}\nexit 3`;
    case "open":
      return `echo done >>${out}\n${TICK("s/^- \\[ \\] One/- [x] One/")}\n${commit}`;
    case "flaky":
      return `[ -e "${BESIDE}/flaked-${n}" ] || { : >"${BESIDE}/flaked-${n}"; exit 1; }\n${work}`;
    case "clash":
      return [
        `echo "agent ${n}" >>shared.txt`,
        `echo user >>"$CHANT_HOME/shared.txt"`,
        'git -C "$CHANT_HOME" commit -q -m Clash --only -- shared.txt',
        BOTH,
        commit,
      ].join("\n");
    case "notes":
      return `sed -i '1i agent ${n}' notes.txt\n${BOTH}\n${commit}`;
    case "block":
      return `[ -e "$CHANT_HOME/${out}" ] || echo mine >"$CHANT_HOME/${out}"\n${work}`;
    case "held":
      return [
        `: >"${BESIDE}/begun-${n}"`,
        `[ -e "${BESIDE}/go-${n}" ] || read -r _ <"${BESIDE}/wait-${n}" || true`,
        work,
      ].join("\n");
    default:
      return unreachable(agent);
  }
}
