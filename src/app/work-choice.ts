import { agentNamed } from "../domain/config.ts";
import { findCycle, type UnmetDependency, unmetDependencies } from "../domain/graph.ts";
import { heldBackText } from "../domain/held-back.ts";
import { branchOf, compareIds, type SpecId } from "../domain/id.ts";
import { type ReadyContext, selectStarts, type Trust, whyNotReady, whyUntrusted } from "../domain/ready.ts";
import { type BrokenSpec, isBroken, type Spec } from "../domain/spec.ts";
import { ChantError } from "../kit/errors.ts";
import { isAlive, ownIdentity } from "../host/identity.ts";
import { AgentChoice, type ChosenAgent } from "./agent-choice.ts";
import { type Asked, askedFor, isAsked, isUnder } from "./asked-specs.ts";
import { trustedCommands } from "./engine/command-trust.ts";
import { readPrompt } from "../store/prompt-files.ts";
import { claim, isOwn, type ClaimRequest } from "./engine/claim.ts";
import type { Engine } from "./engine/engine.ts";
import { refusalOf } from "./engine/patience.ts";
import { readRecord, readRecords, type RunRecord } from "./engine/record.ts";
import { retire } from "./engine/retire.ts";
import { overDay } from "./engine/spending.ts";
import {
  dependencyState,
  membersIn,
  openMembers,
  type SpecReader,
  type SpecWorld,
  whyGateShut,
} from "./engine/world.ts";
import type { WorkRequest } from "./work.ts";

type Records = ReadonlyMap<SpecId, RunRecord>;

/** Which specs this `work` takes next: those it was asked for, as they become ready. */
export class Choice {
  readonly #engine: Engine;
  readonly #request: WorkRequest;
  readonly #target: string;
  readonly #specs: SpecReader;
  readonly #asked: Asked;
  /** Each is started at most once by one `work`. */
  readonly #taken = new Set<SpecId>();
  readonly #busy = new Map<SpecId, string>();
  /** What could not be started, and why. */
  readonly #refused = new Map<SpecId, string>();
  readonly #agents: AgentChoice;
  /** What was said of specs that wait for an agent. */
  readonly #told = new Set<string>();
  /** Why nothing may start today any more. */
  #overDay: string | undefined;
  /** The commands that a person lets run here, as last looked at. */
  #trusted: ReadonlySet<string> = new Set();

  private constructor(engine: Engine, request: WorkRequest, target: string, specs: SpecReader, asked: Asked) {
    this.#engine = engine;
    this.#agents = new AgentChoice(engine.config, engine.clock, request.agent);
    this.#request = request;
    this.#target = target;
    this.#specs = specs;
    this.#asked = asked;
  }

  /**
   * Reads what was asked for.
   * @throws ChantError SPEC_UNKNOWN, SPEC_AMBIGUOUS, SPEC_BROKEN, AGENT_UNKNOWN, DEPENDENCY_CYCLE, CONFIG_INVALID,
   * FILE_REFUSED when the prompt that was asked for cannot be given
   */
  static async make(
    engine: Engine,
    request: WorkRequest,
    target: string,
    specs: SpecReader,
  ): Promise<Choice> {
    if (request.agent !== undefined) agentNamed(engine.config, request.agent);
    // What is wrong with it would fail every run.
    if (request.prompt !== undefined) await readPrompt(engine.places.prompts, request.prompt);
    const world = await specs.read();
    const asked = askedFor(world, request.ids);
    const readable = new Map(
      [...world.shown].filter((entry): entry is [SpecId, Spec] => !isBroken(entry[1])),
    );
    const cycle = findCycle(readable);
    if (cycle !== undefined && (asked.isAll || cycle.some((id) => isAsked(asked, id)))) {
      throw new ChantError("DEPENDENCY_CYCLE", `These specs wait for one another: ${cycle.join(" -> ")}.`, {
        hint: "Remove one of these depends_on, then try again. Nothing was started.",
      });
    }
    return new Choice(engine, request, target, specs, asked);
  }

  async hasMore(): Promise<boolean> {
    return (await this.#candidates(await this.#read(), [])).length > 0;
  }

  /** Claims up to `atMost` of what is ready now, counting `completed` as landed already. */
  async claimNext(atMost: number, completed: readonly SpecId[]): Promise<readonly RunRecord[]> {
    const claimed: RunRecord[] = [];
    while (claimed.length < atMost) {
      const world = await this.#read();
      const candidates = await this.#candidates(world, completed);
      const next = this.#inOrder(candidates, atMost - claimed.length);
      if (next.length === 0) break;
      const free: Spec[] = [];
      for (const spec of next) if (await this.#retireOld(spec.id)) free.push(spec);
      const records = await readRecords(this.#engine.places);
      const requests = this.#agents
        .chooseAll(free, records.values())
        .map(({ spec, agent }) => this.#claimFor(world, spec, agent));
      if (requests.length === 0 && free.length === next.length) break;
      for (const each of await claim(this.#engine, requests)) {
        const { id } = each.record;
        // A member that somebody else was quicker with is waited for.
        if (each.kind === "claimed" || !this.#isMember(id)) this.#taken.add(id);
        if (each.kind === "claimed") claimed.push(each.record);
        else if (!this.#isMember(id)) this.#busy.set(id, holder(each.record));
      }
    }
    return claimed;
  }

  /** Which of these claims are ready when only `completed` count as landed besides what the target shows. */
  async stillReady(
    claims: readonly RunRecord[],
    completed: readonly SpecId[],
    world: SpecWorld,
  ): Promise<readonly RunRecord[]> {
    await this.#look();
    const ready = claims.filter(({ id }) => {
      const spec = world.shown.get(id);
      return spec !== undefined && this.#whyNot(world, new Map(), spec, completed) === undefined;
    });
    // The others may be taken again, once what they wait for has landed.
    for (const each of claims) if (!ready.includes(each)) this.#taken.delete(each.id);
    return ready;
  }

  /**
   * Whether a member is under way in the hands of another process, or waits for something that is: it is worth staying.
   * What a person holds back is not.
   */
  async waitsForOthers(): Promise<boolean> {
    const world = await this.#read();
    const records = await readRecords(this.#engine.places);
    // A limit ends by itself, and so do the runs that an agent is busy with.
    if (this.#wanted(world).some((spec) => this.#waitsForAgent(world, records, spec))) return true;
    const isMoving = (id: SpecId): boolean => {
      const record = records.get(id);
      if (record === undefined || record.phase === "parked" || isOwn(record)) return false;
      return record.waits?.isPassing !== false;
    };
    const open = this.#wanted(world).flatMap(({ id }) =>
      this.#isMember(id) && !this.#taken.has(id) ? [id] : [],
    );
    const seen = new Set(open);
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (isMoving(id)) return true;
      for (const next of neededBy(world, id)) {
        if (seen.has(next.id)) continue;
        seen.add(next.id);
        open.push(next.id);
      }
    }
    return false;
  }

  /** What was asked for, was not started, and has not `landed` here as a run that somebody else had started, with the reasons. */
  async leftOver(
    isChainBroken: boolean,
    landed: ReadonlySet<SpecId>,
  ): Promise<{
    readonly skipped: readonly { readonly id: SpecId; readonly reason: string }[];
    readonly refused: number;
    readonly busy: number;
  }> {
    const world = await this.#read();
    const records = await readRecords(this.#engine.places);
    const skipped = [...this.#busy, ...this.#refused].map(([id, reason]) => ({ id, reason }));
    let busy = this.#busy.size;
    let refused = this.#refused.size;
    for (const id of this.#asked.ids) {
      const spec = world.shown.get(id);
      if (spec === undefined || this.#hasLabel(spec)) continue;
      skipped.push({ id, reason: `it has no label ${JSON.stringify(this.#request.label)}` });
      refused += 1;
    }
    for (const spec of this.#wanted(world)) {
      const record = records.get(spec.id);
      if (this.#taken.has(spec.id) || landed.has(spec.id)) continue;
      if (record !== undefined && isOwn(record)) continue;
      const held = record !== undefined && record.phase !== "parked" ? holder(record) : undefined;
      if (this.#asked.isAll && (held !== undefined || isSettled(spec))) continue;
      if (held === undefined && !this.#asked.ids.has(spec.id) && isThrough(world, spec)) continue;
      const isLeft = isChainBroken && this.#whyNot(world, records, spec, []) === undefined;
      const whyNot = this.#whyNot(world, records, spec, [], heldBack(world, records));
      const reason = held ?? (isLeft ? "a spec before it in the chain failed" : whyNot);
      if (reason === undefined) continue;
      skipped.push({ id: spec.id, reason });
      if (held !== undefined) busy += 1;
      else if (!this.#asked.isAll || this.#isUntrusted(spec, reason)) refused += 1;
    }
    return { skipped: skipped.toSorted((a, b) => compareIds(a.id, b.id)), refused, busy };
  }

  async #candidates(world: SpecWorld, completed: readonly SpecId[]): Promise<readonly Spec[]> {
    const records = await readRecords(this.#engine.places);
    return this.#wanted(world).filter(
      (spec): spec is Spec =>
        !isBroken(spec) &&
        !this.#taken.has(spec.id) &&
        this.#whyNot(world, records, spec, completed) === undefined,
    );
  }

  async #read(): Promise<SpecWorld> {
    await this.#look();
    return this.#specs.read();
  }

  /** Looks anew at what keeps specs back besides the specs. */
  async #look(): Promise<void> {
    this.#trusted = await trustedCommands(this.#engine.places);
    await this.#agents.look();
    this.#overDay = await overDay(this.#engine.config, this.#engine.clock.nowMs());
  }

  #wanted(world: SpecWorld): readonly (Spec | BrokenSpec)[] {
    return [...world.shown.values()].filter((spec) => isAsked(this.#asked, spec.id) && this.#hasLabel(spec));
  }

  #hasLabel(spec: Spec | BrokenSpec): boolean {
    const { label } = this.#request;
    return label === undefined || (!isBroken(spec) && spec.labels.includes(label));
  }

  #whyNot(
    world: SpecWorld,
    records: Records,
    spec: Spec | BrokenSpec,
    completed: readonly SpecId[],
    more: Pick<ReadyContext, "heldBack"> = {},
  ): string | undefined {
    const record = records.get(spec.id);
    const never = isBroken(spec) ? undefined : this.#agents.whyNever(spec);
    if (never !== undefined) return never;
    const all = membersIn(world, spec.id).length;
    if (record?.takenOver !== undefined) {
      return `${record.takenOver.by} took it over, and works on it in ${record.worktree ?? "its worktree"} (chant resume gives it back, chant reset begins anew)`;
    }
    const open = openMembers(world, spec.id).filter((id) => !completed.includes(id)).length;
    const notReady = whyNotReady(overlaid(spec, record), {
      stateOf: (id) => (completed.includes(id) ? "completed" : dependencyState(world, id)),
      members: { all, open },
      trust: this.#trust(),
      notApproved:
        this.#request.skipApproval === true ? undefined : whyGateShut(world, this.#engine.config, spec.id),
      ...more,
      ...(record === undefined || record.phase === "parked" ? {} : { heldBy: holder(record) }),
    });
    if (notReady !== undefined || this.#overDay !== undefined) return notReady ?? this.#overDay;
    return isBroken(spec) ? undefined : this.#agents.whyNot(spec, records.values());
  }

  /** It could start, if an agent were free for it. */
  #waitsForAgent(world: SpecWorld, records: Records, spec: Spec | BrokenSpec): boolean {
    if (isBroken(spec) || this.#taken.has(spec.id)) return false;
    const why = this.#agents.whyNot(spec, records.values());
    if (why === undefined || this.#whyNot(world, records, spec, []) !== why) return false;
    if (!this.#told.has(why)) this.#engine.emit({ kind: "waiting", id: spec.id, reason: why, files: [] });
    this.#told.add(why);
    return true;
  }

  #isUntrusted(spec: Spec | BrokenSpec, reason: string): boolean {
    return !isBroken(spec) && reason === whyUntrusted(spec, { trust: this.#trust() });
  }

  #trust(): Trust {
    const { setup, teardown } = this.#engine.config.worktree;
    return { commands: this.#trusted, setup, teardown };
  }

  /** A member of a driver that was asked for. */
  #isMember(id: SpecId): boolean {
    return isUnder(this.#asked, id) && !this.#asked.ids.has(id);
  }

  /**
   * A person made the spec pending again by hand: its old run goes into a snapshot, and a new one starts. False where that
   * run cannot be kept: its spec is not started, and no other waits for that.
   */
  async #retireOld(id: SpecId): Promise<boolean> {
    const old = await readRecord(this.#engine.places, id);
    if (old?.phase !== "parked") return true;
    try {
      await retire(this.#engine, { ...old, owner: ownIdentity(), retire: [] }, this.#specs);
      return true;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined || refusal.isPassing) throw error;
      this.#taken.add(id);
      this.#refused.set(id, refusal.reason);
      return false;
    }
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

  #claimFor(world: SpecWorld, spec: Spec, { name: agent, isRotated }: ChosenAgent): ClaimRequest {
    const { config, settings } = this.#engine;
    // Only what was really gone past is recorded.
    const isSkipped =
      this.#request.skipApproval === true && whyGateShut(world, config, spec.id) !== undefined;
    return {
      id: spec.id,
      title: spec.title,
      type: spec.type,
      target: this.#target,
      branch: branchOf(spec.id, config.defaults.branchPrefix),
      agent,
      isRotated,
      model: spec.model ?? agentNamed(config, agent).model ?? config.defaults.model,
      prompt: this.#request.prompt ?? spec.prompt,
      skipApproval: isSkipped ? { by: settings.committer } : undefined,
    };
  }
}

/** Returns what a spec waits for: the open members of a driver, and whatever its file names that has not landed. */
function neededBy(world: SpecWorld, id: SpecId): readonly UnmetDependency[] {
  const open = openMembers(world, id).map((member) => ({ id: member, why: "is not completed yet" }));
  const spec = world.shown.get(id);
  if (spec === undefined || isBroken(spec) || spec.status === "completed") return open;
  return [...open, ...unmetDependencies(spec, (each) => dependencyState(world, each))];
}

/** What is told in the end of a spec that was not started: what it waits for, followed to what stopped. */
const heldBack = (world: SpecWorld, records: Records): Required<Pick<ReadyContext, "heldBack">> => ({
  heldBack: (id) =>
    heldBackText(id, {
      unmetOf: (each) => neededBy(world, each),
      statusOf: (each) => {
        const spec = world.shown.get(each) ?? world.onTarget.get(each);
        const own = spec === undefined || isBroken(spec) ? undefined : spec.status;
        return records.get(each)?.parked?.status ?? own;
      },
    }),
});

/** Where a run was parked and the target does not say so yet, the record tells the status. */
function overlaid(spec: Spec | BrokenSpec, record: RunRecord | undefined): Spec | BrokenSpec {
  const parked = record?.phase === "parked" ? record.parked : undefined;
  if (isBroken(spec) || parked === undefined || parked.isPublished) return spec;
  return { ...spec, status: parked.status };
}

/** Nothing to be said about a spec that nobody named: it is completed or cancelled, or a driver whose own members are told of. */
const isThrough = (world: SpecWorld, { id }: Spec | BrokenSpec): boolean =>
  ["completed", "cancelled"].includes(dependencyState(world, id)) || openMembers(world, id).length > 0;

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
