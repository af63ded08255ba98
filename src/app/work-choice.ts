import { agentNamed } from "../domain/config.ts";
import { findCycle } from "../domain/graph.ts";
import { allMembersOf } from "../domain/group.ts";
import { branchOf, compareIds, resolveId, type SpecId } from "../domain/id.ts";
import { selectStarts, whyNotReady } from "../domain/ready.ts";
import { type BrokenSpec, isBroken, type Spec } from "../domain/spec.ts";
import { ChantError } from "../kit/errors.ts";
import { isAlive, ownIdentity } from "../host/identity.ts";
import { claim, isOwn, type ClaimRequest } from "./engine/claim.ts";
import type { Engine } from "./engine/engine.ts";
import { readRecord, readRecords, type RunRecord } from "./engine/record.ts";
import { retire } from "./engine/retire.ts";
import { dependencyState, openMembers, type SpecReader, type SpecWorld } from "./engine/world.ts";
import type { WorkRequest } from "./work.ts";

type Records = ReadonlyMap<SpecId, RunRecord>;

/** Which specs this `work` takes next: those it was asked for, as they become ready. */
export class Choice {
  readonly #engine: Engine;
  readonly #request: WorkRequest;
  readonly #target: string;
  readonly #specs: SpecReader;
  /** Undefined: every spec. */
  readonly #asked: ReadonlySet<SpecId> | undefined;
  /** Each is started at most once by one `work`. */
  readonly #taken = new Set<SpecId>();
  readonly #busy = new Map<SpecId, string>();

  private constructor(
    engine: Engine,
    request: WorkRequest,
    target: string,
    specs: SpecReader,
    asked: ReadonlySet<SpecId> | undefined,
  ) {
    this.#engine = engine;
    this.#request = request;
    this.#target = target;
    this.#specs = specs;
    this.#asked = asked;
  }

  /**
   * Reads what was asked for.
   * @throws ChantError SPEC_UNKNOWN, SPEC_AMBIGUOUS, SPEC_BROKEN, AGENT_UNKNOWN, DEPENDENCY_CYCLE
   */
  static async make(
    engine: Engine,
    request: WorkRequest,
    target: string,
    specs: SpecReader,
  ): Promise<Choice> {
    if (request.agent !== undefined) agentNamed(engine.config, request.agent);
    const world = await specs.read();
    const asked =
      request.ids.length === 0 ? undefined : new Set(request.ids.flatMap((part) => named(world, part)));
    const readable = new Map(
      [...world.shown].filter((entry): entry is [SpecId, Spec] => !isBroken(entry[1])),
    );
    const cycle = findCycle(readable);
    if (cycle !== undefined && (asked === undefined || cycle.some((id) => asked.has(id)))) {
      throw new ChantError("DEPENDENCY_CYCLE", `These specs wait for one another: ${cycle.join(" -> ")}.`, {
        hint: "Remove one of these depends_on, then try again. Nothing was started.",
      });
    }
    return new Choice(engine, request, target, specs, asked);
  }

  async hasMore(): Promise<boolean> {
    return (await this.#candidates([])).length > 0;
  }

  /** Claims up to `atMost` of what is ready now, counting `completed` as landed already. */
  async claimNext(atMost: number, completed: readonly SpecId[]): Promise<readonly RunRecord[]> {
    const claimed: RunRecord[] = [];
    while (claimed.length < atMost) {
      const candidates = await this.#candidates(completed);
      const next = this.#inOrder(candidates, atMost - claimed.length);
      if (next.length === 0) break;
      for (const spec of next) await this.#retireOld(spec.id);
      for (const each of await claim(
        this.#engine,
        next.map((spec) => this.#claimFor(spec)),
      )) {
        this.#taken.add(each.record.id);
        if (each.kind === "claimed") claimed.push(each.record);
        else this.#busy.set(each.record.id, holder(each.record));
      }
    }
    return claimed;
  }

  /** Which of these claims are ready when only `completed` count as landed besides what the target shows. */
  async stillReady(
    claims: readonly RunRecord[],
    completed: readonly SpecId[],
  ): Promise<readonly RunRecord[]> {
    const world = await this.#specs.read();
    const ready = claims.filter(({ id }) => {
      const spec = world.shown.get(id);
      return spec !== undefined && this.#whyNot(world, new Map(), spec, completed) === undefined;
    });
    // The others may be taken again, once what they wait for has landed.
    for (const each of claims) if (!ready.includes(each)) this.#taken.delete(each.id);
    return ready;
  }

  /** What was asked for and was not started, with the reasons. */
  async leftOver(isChainBroken: boolean): Promise<{
    readonly skipped: readonly { readonly id: SpecId; readonly reason: string }[];
    readonly refused: number;
    readonly busy: number;
  }> {
    const world = await this.#specs.read();
    const records = await readRecords(this.#engine.places);
    const skipped: { id: SpecId; reason: string }[] = [...this.#busy].map(([id, reason]) => ({ id, reason }));
    let busy = this.#busy.size;
    let refused = 0;
    for (const spec of this.#wanted(world)) {
      const record = records.get(spec.id);
      if (this.#taken.has(spec.id) || (record !== undefined && isOwn(record))) continue;
      const held = record !== undefined && record.phase !== "parked" ? holder(record) : undefined;
      if (this.#asked === undefined && (held !== undefined || isSettled(spec))) continue;
      const isLeft = isChainBroken && this.#whyNot(world, records, spec, []) === undefined;
      const reason =
        held ?? (isLeft ? "a spec before it in the chain failed" : this.#whyNot(world, records, spec, []));
      if (reason === undefined) continue;
      skipped.push({ id: spec.id, reason });
      if (held !== undefined) busy += 1;
      else if (this.#asked !== undefined) refused += 1;
    }
    return { skipped, refused, busy };
  }

  async #candidates(completed: readonly SpecId[]): Promise<readonly Spec[]> {
    const world = await this.#specs.read();
    const records = await readRecords(this.#engine.places);
    return this.#wanted(world).filter(
      (spec): spec is Spec =>
        !isBroken(spec) &&
        !this.#taken.has(spec.id) &&
        this.#whyNot(world, records, spec, completed) === undefined,
    );
  }

  #wanted(world: SpecWorld): readonly (Spec | BrokenSpec)[] {
    const { label } = this.#request;
    return [...world.shown.values()].filter((spec) => {
      if (this.#asked !== undefined && !this.#asked.has(spec.id)) return false;
      return label === undefined || (!isBroken(spec) && spec.labels.includes(label));
    });
  }

  #whyNot(
    world: SpecWorld,
    records: Records,
    spec: Spec | BrokenSpec,
    completed: readonly SpecId[],
  ): string | undefined {
    const record = records.get(spec.id);
    const agent = isBroken(spec) ? undefined : this.#agentOf(spec);
    if (agent !== undefined && !this.#engine.config.agents.has(agent) && agent !== "script") {
      return `there is no agent "${agent}" in .chant/config.md`;
    }
    if (
      !isBroken(spec) &&
      agent !== undefined &&
      spec.script === undefined &&
      isScript(this.#engine, agent)
    ) {
      return `its agent "${agent}" runs the block under a heading "## Script", and it has none (another agent: agents in .chant/config.md)`;
    }
    const open = openMembers(world, spec.id).filter((id) => !completed.includes(id));
    return whyNotReady(spec, {
      stateOf: (id) => (completed.includes(id) ? "completed" : dependencyState(world, id)),
      openMembers: open,
      ...(record === undefined || record.phase === "parked" ? {} : { heldBy: holder(record) }),
    });
  }

  /** A person made the spec pending again by hand: its old run goes into a snapshot, and a new one starts. */
  async #retireOld(id: SpecId): Promise<void> {
    const old = await readRecord(this.#engine.places, id);
    if (old?.phase === "parked") {
      await retire(this.#engine, { ...old, owner: ownIdentity(), retire: [] }, this.#specs);
    }
  }

  #agentOf(spec: Spec): string {
    return this.#request.agent ?? spec.agent ?? this.#engine.config.defaults.agent;
  }

  #inOrder(candidates: readonly Spec[], atMost: number): readonly Spec[] {
    const ids = this.#request.isChain
      ? candidates
          .map((spec) => spec.id)
          .toSorted(compareIds)
          .slice(0, atMost)
      : selectStarts({ candidates, running: 0, slots: atMost });
    return ids.flatMap((id) => candidates.filter((spec) => spec.id === id));
  }

  #claimFor(spec: Spec): ClaimRequest {
    const { config } = this.#engine;
    const agent = this.#agentOf(spec);
    return {
      id: spec.id,
      title: spec.title,
      type: spec.type,
      target: this.#target,
      branch: branchOf(spec.id, config.defaults.branchPrefix),
      agent,
      model: spec.model ?? agentNamed(config, agent).model ?? config.defaults.model,
      prompt: spec.prompt,
    };
  }
}

/** Returns the specs that one word of the user names: a driver stands for its members. */
function named(world: SpecWorld, part: string): readonly SpecId[] {
  const id = resolveId(part, world.shown.keys());
  const spec = world.shown.get(id);
  if (spec !== undefined && isBroken(spec)) {
    throw new ChantError(
      "SPEC_BROKEN",
      `${id} cannot be read: line ${spec.line}, column ${spec.column}: ${spec.message}`,
      {
        hint: `Mend .chant/specs/${id}.md, then try again. Nothing was started.`,
      },
    );
  }
  const open = openMembers(world, id);
  if (open.length === 0) return [id];
  return allMembersOf(id, world.shown.keys()).filter((member) => {
    const state = dependencyState(world, member);
    return openMembers(world, member).length === 0 && state !== "completed" && state !== "cancelled";
  });
}

const isScript = ({ config }: Engine, agent: string): boolean =>
  agentNamed(config, agent).provider === "script";

/** Nothing to be said about it when nobody asked for it by name. */
const isSettled = (spec: Spec | BrokenSpec): boolean => !isBroken(spec) && spec.status !== "pending";

/** Says whose a run is, in words. */
function holder(record: RunRecord): string {
  const { pid, host } = record.owner;
  const alive = isAlive(record.owner)
    ? `process ${pid} on ${host} has it`
    : `process ${pid} on ${host} had it and is gone`;
  return `${alive} (since ${new Date(record.createdAtMs).toISOString()})`;
}
