import { SILENT_LINE } from "../../../src/git/silent.ts";
import { specText } from "../../kit/spec.ts";
import { DECISIONS, HOME, startRunner, startWatch, startWork } from "./commands.ts";
import { add, checkoutAt, saveFile } from "./git/porcelain.ts";
import { checkNamed } from "./git/unflushed.ts";
import { type Dangers, Machine, NO_DANGERS, type SimProcess } from "./machine.ts";
import { GATE_CONFIG, GATE_TRUST } from "./gate.ts";
import { User } from "./user.ts";
import { checkEnd, checkQuiet, checkStarts, imageOf, isQuiet } from "./check.ts";

const config = (parallel: number): string => `---
worktree:
  root: /wt
parallel:
  max: ${parallel}
agent:
  stall_minutes: 1
watch:
  poll_interval_ms: 2000
  idle_timeout_minutes: 1
  failure:
    max_retries: 2
    retry_delay_ms: 1500
    max_delay_ms: 20000
    jitter: 0.2
---
`;

/** How long a world without dangers may take to come to rest, in milliseconds. */
const REST_LIMIT_MS = 15 * 60_000;

/** How often in a row chance may have it that the end of a rest cuts off a landing. */
const CUT_OFF_TRIES = 5;

/** One random history: a repository with a few specs, and all that happens to it, drawn from one seed. */
export class History {
  readonly machine: Machine;
  readonly specs: readonly string[];
  /** Nothing lands that its gate has not passed. */
  readonly hasGates: boolean;
  readonly slots: number;
  /** git knows nothing of its specs. */
  readonly isSilent: boolean;
  readonly user: User;
  /** What a person decided, and about which spec. */
  readonly decisions: string[] = [];
  readonly #coordinators: SimProcess[] = [];

  constructor(seed: number, { isSilent = false }: { readonly isSilent?: boolean } = {}) {
    this.isSilent = isSilent;
    this.machine = new Machine(seed);
    this.machine.afterLoss = () => checkNamed(this.machine, HOME);
    this.machine.startRunner = (args, tasks) => startRunner(this.machine, args, tasks);
    const count = 1 + this.machine.below(3);
    this.specs = Array.from({ length: count }, (_, n) => `2026-11-03-00${n + 1}-abc`);
    this.user = new User(this.machine, this.specs, isSilent);
    // Of every third one, so that the others stay what they are.
    this.hasGates = seed % 3 === 0;
    // Of every fourth one it is one agent at a time: one runner then does all launches that come to an end.
    this.slots = seed % 4 === 0 ? 1 : 2;
    this.#setUp();
  }

  #setUp(): void {
    const { machine } = this;
    const { disk } = machine;
    for (const folder of ["objects", "refs/heads", "info"]) disk.makeFolders(`${HOME}/.git/${folder}`);
    disk.makeFolders("/wt");
    const plain = config(this.slots);
    const files: Record<string, string> = {
      ".git/config": "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n",
      ".git/HEAD": "ref: refs/heads/main\n",
      ".chant/config.md": this.hasGates ? plain.replace("worktree:", `${GATE_CONFIG}worktree:`) : plain,
      ...(this.hasGates ? { ".git/chant/trusted-commands.json": GATE_TRUST } : {}),
      ...(this.isSilent ? { ".git/info/exclude": `${SILENT_LINE}\n.chant-status.json\n` } : {}),
      ".chant/.gitignore": ".locks/\nlogs/\nwatch.pid\n",
      ".chant/prompts/standard.md": "# {{title}}\n",
      "README.md": "a project\n",
      "shared.txt": "shared\n",
    };
    this.specs.forEach((id, n) => {
      const before = this.specs[n - 1];
      const dependsOn = before !== undefined && machine.chance(0.3) ? [before] : [];
      files[`.chant/specs/${id}.md`] = specText({ title: `Spec ${n}`, script: "simulated", dependsOn });
    });
    for (const [path, text] of Object.entries(files)) saveFile(machine, `${HOME}/${path}`, text);
    const at = checkoutAt(machine, HOME);
    // Some specs are committed, some only on disk.
    add(at);
    const index = at.index();
    for (const id of this.specs) if (machine.chance(0.4)) index.delete(`.chant/specs/${id}.md`);
    at.write(index);
    const first = at.store.writeCommit(at.store.writeTree(index), [], "First commit");
    at.store.swap("refs/heads/main", first, undefined);
    // Long ago: no loss of power undoes it.
    disk.flush(HOME, disk.find(HOME));
  }

  async run(dangers: Dangers): Promise<void> {
    const { machine } = this;
    machine.dangers = dangers;
    let user = this.user.start();
    const untilMs = machine.monotonicMs + 1_500 + machine.below(6_000);
    while (machine.monotonicMs < untilMs) {
      if (!user.isAlive) user = this.user.start();
      this.#ensureCoordinators();
      if (machine.chance(0.1)) this.#decide();
      await machine.run(machine.monotonicMs + machine.below(1_200));
      this.#stopOnFault();
    }
    machine.kill(user);
    machine.dangers = { ...NO_DANGERS, lostEventRate: dangers.lostEventRate };
    await this.#rest(false);
    await checkQuiet(this);
    this.user.unlock();
    // A landing that was cut off is half done, and would be committed so; the end of a rest can cut off one as well.
    const isCutOff = (): boolean =>
      ["chant/landing.json", "index.lock"].some(
        (name) => machine.disk.find(`${HOME}/.git/${name}`) !== undefined,
      );
    for (let n = 0; n < CUT_OFF_TRIES && isCutOff(); n += 1) await this.#rest(false);
    this.user.finish();
    await this.#rest(true);
    let before: string | undefined;
    for (let n = 0; n < 2; n += 1) {
      const watch = startWatch(machine, true);
      await machine.run(machine.monotonicMs + 600_000, () => !watch.isAlive);
      this.#stopOnFault();
      const after = imageOf(machine);
      if (before !== undefined && after !== before) {
        throw new Error(`another watch changed something:\n${difference(before, after)}`);
      }
      before = after;
    }
    checkEnd(this);
  }

  /** All that was told, and what the records say: for a person who looks into a failure. */
  story(): string {
    const { disk, events, refusals } = this.machine;
    const folder = `${HOME}/.git/chant/runs`;
    const records = disk.filesBelow(folder).map((file) => `${file}: ${disk.text(`${folder}/${file}`) ?? ""}`);
    return [...events.map((event) => JSON.stringify(event)), ...this.decisions, ...refusals, ...records]
      .map((line) => `${line}\n`)
      .join("");
  }

  #ensureCoordinators(): void {
    const { machine } = this;
    const living = this.#coordinators.filter((process) => process.isAlive);
    this.#coordinators.splice(0, this.#coordinators.length, ...living);
    const has = (name: string): boolean => living.some((process) => process.name === name);
    if (!has("work") && machine.chance(0.4)) this.#coordinators.push(startWork(machine));
    if (!has("watch") && machine.chance(0.3)) this.#coordinators.push(startWatch(machine));
  }

  #decide(): void {
    const { machine } = this;
    const [what, id] = [machine.pick(Object.keys(DECISIONS)), machine.pick(this.specs)];
    this.decisions.push(`${what} ${id} at ${machine.nowMs}`);
    DECISIONS[what]?.(machine, id);
  }

  /** Nobody dies any more, and the user does nothing: everything has to come to its end, or to a reason. */
  async #rest(isFree: boolean): Promise<void> {
    const { machine } = this;
    const limitMs = machine.monotonicMs + REST_LIMIT_MS;
    let work = startWork(machine);
    let watch: SimProcess | undefined;
    for (let calm = 0; calm < 2;) {
      if (machine.monotonicMs > limitMs) throw new Error(`it does not come to rest: ${stillGoing(machine)}`);
      watch = watch?.isAlive === true ? watch : startWatch(machine);
      await machine.run(machine.monotonicMs + 3_000);
      this.#stopOnFault();
      calm = isQuiet(machine, isFree) ? calm + 1 : 0;
      if (calm === 1 && !work.isAlive) work = startWork(machine);
    }
    for (const process of machine.processes.values()) {
      if (process.name === "watch" || process.name === "work") machine.kill(process);
    }
    await machine.run(machine.monotonicMs);
  }

  #stopOnFault(): void {
    const [fault] = this.machine.faults;
    if (fault !== undefined) throw fault;
    checkStarts(this);
  }
}

const stillGoing = (machine: Machine): string =>
  [...machine.processes.values()].map((process) => process.name).join(", ");

function difference(before: string, after: string): string {
  const [old, now] = [before.split("\n"), after.split("\n")];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ].join("\n");
}
