/** What one suite says at its end, as a line of JSON: see figures.ts. */
export interface FiguresLine {
  readonly suite: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** What docs/reference/reliability.json holds, and the page beside it is made of. */
export interface Reliability {
  readonly command: string;
  /** The day, such as 2026-01-31. */
  readonly date: string;
  readonly git: string;
  readonly node: string;
  readonly system: string;
  readonly suites: readonly FiguresLine[];
}

/** Adds up the lines of a file by suite, in the order of their names. */
export function sumUp(jsonLines: string): readonly FiguresLine[] {
  const sums = new Map<string, Record<string, number>>();
  for (const text of jsonLines.split("\n").filter((each) => each !== "")) {
    const { suite, figures } = JSON.parse(text) as FiguresLine;
    const sum = sums.get(suite) ?? {};
    for (const [name, count] of Object.entries(figures)) sum[name] = (sum[name] ?? 0) + count;
    sums.set(suite, sum);
  }
  return [...sums]
    .map(([suite, figures]) => ({ suite, figures }))
    .toSorted((one, other) => (one.suite < other.suite ? -1 : 1));
}

const grouped = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");

/** Returns the page: nothing in it but what the data says. */
export function reliabilityPage({ command, date, git, node, system, suites }: Reliability): string {
  const rows = suites.map(({ suite, figures }) => {
    const { tried, "came through": survived, ...besides } = figures;
    const words = Object.entries(besides).map(([name, count]) => `${grouped(count)} ${name}`);
    const cells = [tried, survived].map((count) => (count === undefined ? "" : grouped(count)));
    return `| ${[suite, ...cells, words.join(", ")].join(" | ")} |`;
  });
  return `# Reliability, in figures

What the suites tried and what came through, as they said it themselves on ${date}: \`${command}\`, with ${git}, Node ${node}, ${system}. This page is made of [reliability.json](reliability.json) beside it; nobody writes it by hand ([0026](../design/0026-faults-and-figures.md)).

To come through means: each spec has landed once or waits with its reason, nothing is lost that somebody wrote, no lock, worktree, branch or process is left, and a second try changes nothing; of an input, that it is read or refused in words. A suite that only counts what it did has seen the same of all of it.

| what | tried | came through | besides |
|---|---|---|---|
${rows.join("\n")}
`;
}
