import { type Became, isHeld, isThrough, judged, landed, started, withDriver, worked } from "./agent-run.ts";
import { membersOf, specAt, type Spec, withSpec, type World } from "./world.ts";

const isOver = ({ status }: Spec): boolean => status === "completed" || status === "cancelled";

const openMembers = (world: World, n: number): readonly number[] =>
  membersOf(world, n).filter((member) => !isOver(specAt(world, member)));

/** Whether `work` may give it to an agent now. */
export function isReady(world: World, n: number): boolean {
  const { status, run, gate, after, isArchived } = specAt(world, n);
  if (status !== "pending" || run !== undefined || isArchived || membersOf(world, n).length > 0) return false;
  return (
    (gate === "none" || gate === "approved") &&
    (after === undefined || specAt(world, after).status === "completed")
  );
}

/** What a `work` that was asked for some specs, or for all, would take sooner or later. */
function asked(world: World, ns: readonly number[]): readonly number[] {
  if (ns.length === 0) return world.specs.map((_, n) => n);
  return ns.flatMap((n) => (openMembers(world, n).length > 0 ? membersOf(world, n) : [n]));
}

/** No agent that `work` would start or take over waits for good. */
export const comesToAnEnd = (world: World): boolean =>
  world.specs.every((spec, n) => {
    const isUnderWay = spec.run !== undefined && spec.run.phase !== "parked";
    if (spec.run?.phase === "held") return false;
    return !isHeld(world, n, spec) || (!isUnderWay && spec.status !== "pending");
  });

/** Brings one run that is under way to where it stops by itself. */
export function carried(world: World, n: number, bad: "failed" | "needs_attention"): Became {
  const { run } = specAt(world, n);
  if (run?.phase === "due") return judged(worked(world, n), n, { bad });
  return run?.phase === "waits" ? landed(world, n) : judged(world, n, { bad });
}

/** The runs that whoever coordinates takes over. */
export const underWay = (world: World): readonly number[] =>
  world.specs.flatMap(({ run }, n) => (run === undefined || run.phase === "parked" ? [] : [n]));

/** Drivers that nobody has completed so far, as when their last member was cancelled. */
function missedCompleted(world: World): World {
  let next = world;
  for (const [n] of world.specs.entries()) {
    const [member] = membersOf(next, n);
    if (member !== undefined && isThrough(next, n)) next = withDriver(next, member);
  }
  return next;
}

/** What `work` comes to. */
export function afterWork(
  world: World,
  ns: readonly number[],
): { readonly world: World; readonly exit: number } {
  let next = missedCompleted(world);
  const wanted = asked(next, ns);
  const taken = new Set<number>();
  const ends: Became["end"][] = [];
  const carry = (n: number): void => {
    const became = carried(next, n, "failed");
    taken.add(n);
    ends.push(became.end);
    next = became.world;
  };
  for (const n of underWay(next)) carry(n);
  for (;;) {
    const n = wanted.find((each) => !taken.has(each) && isReady(next, each));
    if (n === undefined) break;
    next = started(next, n);
    carry(n);
  }
  const left = ns.length === 0 ? [] : wanted.filter((n) => !taken.has(n));
  const isRefused = left.some((n) => ns.includes(n) || !isOver(specAt(next, n)));
  const exit = isRefused || ends.includes("parked") ? 1 : ends.includes("waits") ? 75 : 0;
  return { world: next, exit };
}

/** What `watch --once` comes to. */
export function afterWatch(world: World): { readonly world: World; readonly exit: number } {
  let next = world;
  const ends: Became["end"][] = [];
  for (const n of underWay(next)) {
    const became = carried(next, n, "needs_attention");
    ends.push(became.end);
    next = became.world;
  }
  // What a person works on in the checkout is completed once it is ticked and committed.
  for (const [n, { status, run, boxes, edited }] of next.specs.entries()) {
    if (status !== "in_progress" || run !== undefined || edited !== "no" || !boxes[0] || !boxes[1]) continue;
    next = withDriver(withSpec(next, n, { status: "completed", isAuto: false }), n);
  }
  return { world: next, exit: ends.includes("parked") ? 1 : 0 };
}
