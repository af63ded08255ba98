import type { Dag, DagNode } from "../app/dag.ts";
import { isBroken } from "../domain/spec.ts";
import { driverOf, type SpecId } from "../domain/id.ts";
import { escapeTerminal } from "../kit/text.ts";

/** Fill colours by what a person has to know: done, moving, in need of a person, waiting. */
const FILLS: { readonly [S in DagNode["status"]]: string } = {
  completed: "#d4edda",
  archived: "#d4edda",
  in_progress: "#cce5ff",
  interrupted: "#fff3cd",
  paused: "#fff3cd",
  needs_attention: "#f8d7da",
  failed: "#f8d7da",
  broken: "#f8d7da",
  missing: "#f8d7da",
  pending: "#ffffff",
  blocked: "#eeeeee",
  cancelled: "#dddddd",
};

interface Arrow {
  readonly from: SpecId;
  readonly to: SpecId;
  /** The one is a member of the other. */
  readonly isMember: boolean;
}

/** Arrows lead from what comes first to what waits for it. */
const arrowsOf = ({ edges }: Dag): readonly Arrow[] =>
  [...edges].flatMap(([to, needs]) => [...needs].map((from) => ({ from, to, isMember: isBelow(from, to) })));

function isBelow(id: SpecId, driver: SpecId): boolean {
  for (let above = driverOf(id); above !== undefined; above = driverOf(above)) {
    if (above === driver) return true;
  }
  return false;
}

/** Returns the graph for Graphviz. */
export function dotText(dag: Dag): string {
  const nodes = [...dag.nodes.values()].map((node) => {
    const width = node.isCritical ? ", penwidth=3" : "";
    const shape = node.isDriver ? ", shape=folder" : "";
    const label = `${dotWords(node.id)}\\n${dotWords(node.title === node.id ? "" : node.title)}`;
    const attributes = `label="${label}", tooltip="${dotWords(node.status)}", fillcolor="${FILLS[node.status]}"`;
    return `  ${dotName(node.id)} [${attributes}${shape}${width}];`;
  });
  const arrows = arrowsOf(dag).map(({ from, to, isMember }) => {
    const style = isMember ? " [style=dashed, arrowhead=odiamond]" : "";
    return `  ${dotName(from)} -> ${dotName(to)}${style};`;
  });
  return [
    "digraph chant {",
    "  rankdir=LR;",
    '  node [shape=box, style="rounded,filled", fontname="sans-serif"];',
    ...nodes,
    ...arrows,
    "}\n",
  ].join("\n");
}

/** What stands between quotes: a quote would end it, and a backslash begins an escape of Graphviz's own. */
const dotWords = (text: string): string =>
  escapeTerminal(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"');

const dotName = (id: SpecId): string => `"${dotWords(id)}"`;

/** Returns the graph as Mermaid's flowchart, which markdown on many hosts draws. */
export function mermaidText(dag: Dag): string {
  const numbers = new Map([...dag.nodes.keys()].map((id, at) => [id, `n${at}`]));
  const nameOf = (id: SpecId): string => numbers.get(id) ?? "n";
  const all = [...dag.nodes.values()];
  const nodes = all.map(({ id, title, isDriver }) => {
    const label = `"${mermaidWords(id)}${title === id ? "" : `<br>${mermaidWords(title)}`}"`;
    return `  ${nameOf(id)}${isDriver ? `[[${label}]]` : `[${label}]`}`;
  });
  const arrows = arrowsOf(dag).map(
    ({ from, to, isMember }) => `  ${nameOf(from)} ${isMember ? "-.->" : "-->"} ${nameOf(to)}`,
  );
  const statuses = [...new Set(all.map(({ status }) => status))];
  const classes = statuses.flatMap((status) => {
    const own = all.filter((node) => node.status === status).map(({ id }) => nameOf(id));
    return [
      `  classDef ${status} fill:${FILLS[status]},color:#222,stroke:#555`,
      `  class ${own.join(",")} ${status}`,
    ];
  });
  const critical = all.filter(({ isCritical }) => isCritical).map(({ id }) => nameOf(id));
  const bold = [
    "  classDef critical stroke-width:4px",
    ...(critical.length === 0 ? [] : [`  class ${critical.join(",")} critical`]),
  ];
  return `${["flowchart LR", ...nodes, ...arrows, ...classes, ...bold].join("\n")}\n`;
}

/** Whatever could mean something to Mermaid, markdown or HTML is written as its number. */
const mermaidWords = (text: string): string =>
  escapeTerminal(text).replaceAll(/[^\p{L}\p{M}\p{N} .,:/+=()'!?-]/gu, (sign) => `#${sign.codePointAt(0)};`);

/** The graph as `--format json` gives it. */
export function dagJson({ nodes, edges, criticalPath, width, cycles, over }: Dag): object {
  return {
    nodes: [...nodes.values()].map(({ id, title, status, view, isDriver, isCritical }) => ({
      id,
      title,
      status,
      ...(view === undefined || isBroken(view.spec)
        ? {}
        : { type: view.spec.type, labels: view.spec.labels, dependsOn: view.spec.dependsOn }),
      isDriver,
      isCritical,
      waitsFor: [...(edges.get(id) ?? [])],
    })),
    criticalPath,
    width,
    cycles,
    over,
  };
}
