import { join, relative } from "node:path";
import { agentNamed, type AgentConfig, type Config } from "../domain/config.ts";
import { isMemberOf, type SpecId } from "../domain/id.ts";
import { PROPOSAL_SCHEMA, type ProposedMember, readProposal } from "../domain/proposal.ts";
import type { Spec } from "../domain/spec.ts";
import { type PlannedMember, planMembers, type ProposedTree } from "../domain/split-plan.ts";
import { type Rejected, splitPrompt, type ToSplit } from "../domain/split-prompt.ts";
import { ChantError } from "../kit/errors.ts";
import { KernelLock } from "../host/kernel-lock.ts";
import type { Asking } from "../agent/provider.ts";
import { providerOf } from "../agent/providers.ts";
import { commitFiles } from "../git/commit-file.ts";
import { requireConfig } from "../store/config.ts";
import { specPath } from "../store/places.ts";
import { finishSplits, hasOpenSplits, writeMembers } from "../store/split-files.ts";
import { requireDriver } from "./add-member.ts";
import { askAgent } from "./ask-agent.ts";
import { AskPlace } from "./ask-place.ts";
import { knownIds, requireInitialised, type Workspace } from "./workspace.ts";

export interface SplitRequest {
  readonly partial: string;
  readonly agent: string | undefined;
  readonly model: string | undefined;
  /** How many levels of members there may be, from 1; members are split further only where the agent says so. */
  readonly maxDepth: number;
  readonly signal: AbortSignal;
  readonly onStep: (step: SplitStep) => void;
}

/** What happens while an agent is asked. */
export type SplitStep =
  | { readonly kind: "asking"; readonly title: string; readonly agent: string; readonly isAgain: boolean }
  | { readonly kind: "line"; readonly line: string }
  /** The proposal does not hold; the agent is asked once more. */
  | { readonly kind: "rejected"; readonly problems: readonly string[] };

/** What an agent proposed for a driver; nothing of it is written. */
export interface SplitProposal {
  readonly id: SpecId;
  readonly title: string;
  readonly agent: string;
  readonly members: readonly PlannedMember[];
}

/** The longest that an agent may take for one answer when the configuration sets no limit, in milliseconds. */
const LIMIT_MS = 30 * 60_000;

/**
 * Asks an agent for the members of a spec. It works in a copy of the repository that goes afterwards; a proposal that
 * does not hold is given back to it once.
 * @throws ChantError SPEC_UNKNOWN, SPEC_AMBIGUOUS, SPEC_BROKEN, SPEC_BUSY, STATUS_MOVE_REFUSED, AGENT_UNKNOWN,
 * AGENT_FAILED, INTERRUPTED; in any case nothing is written
 */
export async function proposeSplit(workspace: Workspace, request: SplitRequest): Promise<SplitProposal> {
  await requireInitialised(workspace);
  const { config } = await requireConfig(workspace.places);
  const spec = await requireUnsplit(workspace, request.partial);
  const name = request.agent ?? spec.agent ?? config.defaults.agent;
  const agent = agentNamed(config, name);
  const asking = requireAsking(config, name, agent);
  const model = request.model ?? spec.model ?? agent.model ?? config.defaults.model;
  await using place = await AskPlace.open(workspace, spec.id, config.worktree.root);
  const log = join(workspace.places.logs, `${spec.id}.split.log`);
  const splitter = new Splitter(workspace, request, { place, config, name, agent, asking, model, log });
  const members = await splitter.split({ title: spec.title, body: spec.body, above: [] }, 1);
  return { id: spec.id, title: spec.title, agent: name, members: planMembers(spec.id, members) };
}

/**
 * Writes the members that were proposed, all or none, and commits them if asked to. The driver's file stays as it is.
 * @throws ChantError as `proposeSplit`, and FILE_REFUSED, with nothing written; GIT_FAILED after
 */
export async function writeSplit(
  workspace: Workspace,
  { id, title, members }: SplitProposal,
  isCommitted: boolean,
): Promise<{ readonly commit?: string }> {
  const { places, repo } = workspace;
  using lock = new KernelLock(places.kernelLock);
  await lock.hold(async () => {
    await requireUnsplitLocked(workspace, id);
    const there = await writeMembers(places, id, members);
    if (there.length === 0) return;
    throw new ChantError(
      "FILE_REFUSED",
      `${there.join(", ")} came into being just now, so no member was written.`,
      {
        hint: `See what is there: chant group ${id}`,
      },
    );
  });
  if (!isCommitted) return {};
  const paths = members.map((member) => relative(repo.home, join(places.specs, `${member.id}.md`)));
  try {
    return { commit: await commitFiles(repo.home, paths, `Split ${id}: ${title.replaceAll(/\s+/g, " ")}`) };
  } catch (error) {
    if (!(error instanceof ChantError)) throw error;
    throw new ChantError("GIT_FAILED", `The members of ${id} were written, but ${error.message}`, {
      hint: `They can be worked without a commit of their own. To commit them: git add ${specPath(`${id}.*`)} && git commit`,
      cause: error,
    });
  }
}

/** Returns a spec that may be split: pending, without members, and in nobody's hands. */
async function requireUnsplit(workspace: Workspace, partial: string): Promise<Spec> {
  using lock = new KernelLock(workspace.places.kernelLock);
  return await lock.hold(() => requireUnsplitLocked(workspace, partial));
}

async function requireUnsplitLocked(workspace: Workspace, partial: string): Promise<Spec> {
  if (await hasOpenSplits(workspace.places)) await finishSplits(workspace.places);
  const spec = await requireDriver(workspace, partial);
  const { id, status } = spec;
  const members = (await knownIds(workspace)).filter((each) => isMemberOf(each, id));
  if (members.length > 0) {
    throw new ChantError("STATUS_MOVE_REFUSED", `${id} has members already.`, {
      hint: `See them: chant group ${id}. One more: chant add TEXT --group ${id}. Nothing was written.`,
    });
  }
  if (status === "pending") return spec;
  throw new ChantError("STATUS_MOVE_REFUSED", `${id} is ${status}, and only what is pending can be split.`, {
    hint: `See where it stands: chant why ${id}. Nothing was written.`,
  });
}

function requireAsking(config: Config, name: string, agent: AgentConfig): Asking {
  const { asking } = providerOf(agent);
  if (asking !== undefined) return asking;
  const others = [...config.agents].flatMap(([each, other]) =>
    providerOf(other).asking === undefined ? [] : [each],
  );
  const hint =
    others.length === 0
      ? "Describe one that can be asked under agents in .chant/config.md: chant agents says so under json."
      : `Choose another one: --agent ${others.join(" or --agent ")}.`;
  throw new ChantError(
    "AGENT_FAILED",
    `The agent ${name} (provider ${agent.provider}) cannot answer with a proposal.`,
    { hint: `${hint} Nothing was written.` },
  );
}

interface Means {
  readonly place: AskPlace;
  readonly config: Config;
  readonly name: string;
  readonly agent: AgentConfig;
  readonly asking: Asking;
  readonly model: string | undefined;
  readonly log: string;
}

/** Asks for the members of one spec, then for those of members that are too large. */
class Splitter {
  readonly #workspace: Workspace;
  readonly #request: SplitRequest;
  readonly #means: Means;
  #asked = 0;

  constructor(workspace: Workspace, request: SplitRequest, means: Means) {
    this.#workspace = workspace;
    this.#request = request;
    this.#means = means;
  }

  async split(what: ToSplit, depth: number): Promise<readonly ProposedTree[]> {
    const trees: ProposedTree[] = [];
    for (const member of await this.#propose(what)) {
      const isFurther = member.needsSplit && depth < this.#request.maxDepth;
      const above = [...what.above, { title: what.title, body: what.body }];
      const own = isFurther
        ? await this.split({ title: member.title, body: bodyOf(member), above }, depth + 1)
        : [];
      trees.push({ ...member, members: own });
    }
    return trees;
  }

  async #propose(what: ToSplit): Promise<readonly ProposedMember[]> {
    let rejected: Rejected | undefined;
    for (;;) {
      const { name } = this.#means;
      this.#request.onStep({
        kind: "asking",
        title: what.title,
        agent: name,
        isAgain: rejected !== undefined,
      });
      const { value, text } = await this.#ask(splitPrompt(what, rejected));
      const read =
        value === undefined
          ? ({ ok: false, problems: ["there is no JSON object in it"] } as const)
          : readProposal(value);
      if (read.ok) return read.members;
      if (rejected !== undefined) throw this.#unusable(what, read.problems);
      rejected = { answer: text, problems: read.problems };
      this.#request.onStep({ kind: "rejected", problems: read.problems });
    }
  }

  #ask(prompt: string): ReturnType<typeof askAgent> {
    const { place, config, agent, asking, model, log } = this.#means;
    const { signal, onStep } = this.#request;
    return askAgent(place, {
      number: (this.#asked += 1),
      prompt,
      schema: PROPOSAL_SCHEMA,
      isMeant: (value) => "members" in value,
      agent,
      asking,
      model,
      home: this.#workspace.repo.home,
      log,
      envPass: config.agent.envPass,
      redact: config.redact.patterns,
      stallMs: config.agent.stallMinutes * 60_000,
      timeoutMs: config.agent.timeoutMinutes === 0 ? LIMIT_MS : config.agent.timeoutMinutes * 60_000,
      signal,
      onLine: (line) => onStep({ kind: "line", line }),
    });
  }

  #unusable({ title }: ToSplit, problems: readonly string[]): ChantError {
    const log = relative(this.#workspace.repo.home, this.#means.log);
    return new ChantError(
      "AGENT_FAILED",
      `The proposal for ${JSON.stringify(title)} does not hold, the second time either: ${problems.join("; ")}.`,
      { hint: `What the agent said is in ${log}. Nothing was written.` },
    );
  }
}

const bodyOf = ({ description, criteria }: ProposedMember): string =>
  `${description.trim()}\n\nAcceptance criteria:\n\n${criteria.map((each) => `- ${each}`).join("\n")}`;
