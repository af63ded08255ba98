import type { Dag, DagNode } from "../app/dag.ts";
import { treeRows, type TreeRow } from "../domain/dag-tree.ts";
import type { SpecId } from "../domain/id.ts";
import { escapeTerminal, plural, textWidth } from "../kit/text.ts";
import { type Color, STATUS_COLORS } from "./colors.ts";
import type { ListLook } from "./list-lines.ts";
import { stateWord } from "./spec-words.ts";
import { type Part, styledLine } from "./styled-line.ts";

const JOINTS: { readonly [J in TreeRow["joint"]]: string } = {
  root: "",
  branch: "├ ",
  last: "└ ",
  chain: "↓ ",
};

/** Returns the graph as a tree, a line each: what a spec waits for is below it. */
export function dagLines({ nodes, edges, cycles }: Dag, look: ListLook): readonly string[] {
  const circling = new Set(cycles.flat());
  const rows = treeRows(edges).map((row) => ({ row, node: nodes.get(row.id), lead: leadOf(row) }));
  const nameWidth = Math.max(0, ...rows.map(({ lead, row }) => textWidth(lead) + row.id.length));
  const stateWidth = Math.max(0, ...rows.map(({ node }) => wordOf(node).length));
  return rows.map(({ row, node, lead }) => {
    const { id, elsewhere } = row;
    const gap = " ".repeat(nameWidth - textWidth(lead) - id.length + 2);
    const name: Part = { text: id, color: node?.isCritical === true ? "bold" : undefined };
    if (elsewhere !== undefined) {
      return styledLine([lead, name, gap, dim(`(${elsewhere})`)], look.width, look.hasColor);
    }
    const word = wordOf(node);
    const notes = [
      ...(node?.isDriver === true ? ["driver"] : []),
      ...(circling.has(id) ? ["in a cycle"] : []),
    ];
    const parts: readonly Part[] = [
      lead,
      name,
      gap,
      { text: word, color: colorOf(node) },
      " ".repeat(stateWidth - word.length + 2),
      node === undefined || node.title === id ? "" : escapeTerminal(node.title),
      notes.length === 0 ? "" : dim(` (${notes.join(", ")})`),
    ];
    return styledLine(parts, look.width, look.hasColor).trimEnd();
  });
}

const leadOf = ({ rails, joint }: TreeRow): string =>
  rails.map((goesOn) => (goesOn ? "│ " : "  ")).join("") + JOINTS[joint];

const dim = (text: string): Part => ({ text, color: "dim" });

const wordOf = (node: DagNode | undefined): string =>
  node?.view === undefined ? (node?.status ?? "") : stateWord(node.view);

function colorOf(node: DagNode | undefined): Color | undefined {
  if (node === undefined) return undefined;
  if (node.status === "missing") return "red";
  return node.status === "archived" ? "green" : STATUS_COLORS[node.status];
}

/** The most ids of a path that are written out. */
const PATH_LIMIT = 12;

/** Returns what follows from the graph, a sentence each. */
export function dagSummary({ criticalPath, width, cycles }: Dag): readonly string[] {
  const atMost = width.isExact ? "" : "at least ";
  return [
    criticalPath.length === 0
      ? "Critical path: none, nothing that can be worked is open."
      : `Critical path: ${plural(criticalPath.length, "spec")}${criticalPath.length === 1 ? "" : ", one after the other"}: ${pathText(criticalPath)}`,
    `Width: ${atMost}${plural(width.specs, "spec")} can be worked at once.`,
    ...cycles.map((cycle) =>
      cycle.length === 1
        ? `Cycle: ${pathText(cycle)} waits for itself.`
        : `Cycle: ${pathText([...cycle, ...cycle.slice(0, 1)])} wait for each other.`,
    ),
  ];
}

function pathText(ids: readonly SpecId[]): string {
  if (ids.length <= PATH_LIMIT) return ids.join(" -> ");
  const half = PATH_LIMIT / 2;
  const left = ids.length - 2 * half;
  return [...ids.slice(0, half), `(${left} more)`, ...ids.slice(-half)].join(" -> ");
}
