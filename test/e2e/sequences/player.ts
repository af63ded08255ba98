import { open, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { unreachable } from "../../../src/kit/unreachable.ts";
import { programUnderTest } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { run } from "../../kit/process.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { scriptOf } from "./scripts.ts";
import type { Agent, Decision, Step } from "./step.ts";
import { membersOf, outFile, specAt, type World } from "./world.ts";
import { wordOf } from "./model.ts";

/** What came of a step in the real repository. */
export interface Happened {
  /** Of a command of chant's. */
  readonly exit?: number;
  readonly said: string;
  /** False where git would not let the user do it. */
  readonly isDone: boolean;
}

const COMMAND_LIMIT_MS = 60_000;
const DONE: Happened = { said: "", isDone: true };

/** Takes steps in a real repository. */
export class Player {
  readonly repo: TempRepo;
  /** The ids of the specs, by their numbers. */
  readonly ids: string[] = [];

  constructor(repo: TempRepo) {
    this.repo = repo;
  }

  idOf(n: number): string {
    const id = this.ids[n];
    if (id === undefined) throw new RangeError(`there is no spec ${n}`);
    return id;
  }

  fileOf(n: number): string {
    return `.chant/specs/${this.idOf(n)}.md`;
  }

  /** @param world as it stands before the step */
  async take(world: World, step: Step): Promise<Happened> {
    const { repo } = this;
    switch (step.do) {
      case "add":
        return this.#add(world, step);
      case "edit": {
        const text = await repo.read(this.fileOf(step.n));
        await repo.write({
          [this.fileOf(step.n)]: text.replace("\n\n## Script", `\n${wordOf(world)}\n\n## Script`),
        });
        return DONE;
      }
      case "script": {
        const text = await repo.read(this.fileOf(step.n));
        const block = `\`\`\`sh\n${scriptOf(step.agent, step.n)}\n\`\`\``;
        await repo.write({ [this.fileOf(step.n)]: text.replace(/```sh\n[^]*?\n```/, () => block) });
        return DONE;
      }
      case "tick":
        return this.#chant(["tick", this.idOf(step.n), String(step.box)]);
      case "work":
        return this.#chant(["work", ...step.ns.map((n) => this.idOf(n))]);
      case "begin":
        return this.#begin(world, step.n);
      case "release":
        return this.#release(world, step.n);
      case "unblock":
        await rm(join(repo.path, outFile(step.n)));
        return DONE;
      case "solve": {
        const worktree = join(repo.worktrees, `chant-${this.idOf(step.n)}`);
        await repo.gitIn(worktree, "add", "--all");
        await repo.gitIn(worktree, "commit", "-q", "--allow-empty", "-m", "Mine");
        await repo.gitIn(worktree, "merge", "-q", "-X", "ours", "-m", "Solved", "main");
        return DONE;
      }
      case "watch":
        return this.#chant(["watch", "--once"]);
      case "cleanup":
        return this.#chant(["cleanup", "--yes"]);
      case "write":
        await repo.write({ [`user-${world.count}.txt`]: `${world.count}\n` });
        return DONE;
      case "modify":
        await repo.write({ "notes.txt": `${world.disk["notes.txt"]}line ${world.count}\n` });
        return DONE;
      case "stage":
        await repo.git("add", "--all", ...partOf(world));
        return DONE;
      case "commit":
        await repo.git("add", "--all", ...partOf(world));
        await repo.git("commit", "-q", "--allow-empty", "-m", `User ${world.count}`, ...partOf(world));
        return DONE;
      case "switch":
        return this.#switch(world);
      case "decide":
        return this.#chant(wordsOf(step.what, this.idOf(step.n)));
      default:
        return unreachable(step);
    }
  }

  async #chant(args: readonly string[], input?: string): Promise<Happened & { readonly stdout: string }> {
    const [file, ...before] = programUnderTest();
    const { path: cwd, env } = this.repo;
    const options = { cwd, env, ...(input === undefined ? {} : { input }) };
    const { status, signal, stdout, stderr } = await run(
      file,
      [...before, ...args],
      options,
      COMMAND_LIMIT_MS,
    );
    const exit = status ?? -1;
    return {
      exit,
      stdout,
      said: `chant ${args.join(" ")}: ${signal ?? exit}\n${stdout}${stderr}`,
      isDone: true,
    };
  }

  async #add(
    world: World,
    { agent, after, driver, isGated, isByHand }: Step & { do: "add" },
  ): Promise<Happened> {
    const n = world.specs.length;
    const body = bodyOf(agent, n);
    if (isByHand === true) {
      const id =
        driver === undefined
          ? `2026-01-01-${String(n + 1).padStart(3, "0")}-abc`
          : `${this.idOf(driver)}.${membersOf(world, driver).length + 1}`;
      const lines = [
        "---\ntype: code\nstatus: pending\n",
        after === undefined ? "" : `depends_on:\n  - ${this.idOf(after)}\n`,
        isGated === true ? "approval: { required: true }\n" : "",
        `---\n\n# Spec ${n}\n\n${body}\n## Acceptance Criteria\n\n- [ ] One\n- [ ] Two\n`,
      ];
      this.ids.push(id);
      await this.repo.write({ [this.fileOf(n)]: lines.join("") });
      return DONE;
    }
    const args = [
      "add",
      `Spec ${n}`,
      "--criterion=One",
      "--criterion=Two",
      "--body-file=-",
      "--json",
      ...(after === undefined ? [] : ["--depends-on", this.idOf(after)]),
      ...(driver === undefined ? [] : ["--group", this.idOf(driver)]),
      ...(isGated === true ? ["--needs-approval"] : []),
    ];
    const { stdout, ...happened } = await this.#chant(args, body);
    const { data } = JSON.parse(stdout === "" ? "{}" : stdout) as { data?: { id: string } };
    this.ids.push(data?.id ?? "not added");
    return happened;
  }

  async #begin(world: World, n: number): Promise<Happened> {
    const begun = join(this.repo.root, `begun-${n}`);
    await rm(begun, { force: true });
    await this.#makePipe(n);
    const happened = await this.#chant(["work", this.idOf(n), "--no-wait"]);
    if (happened.exit === 0) {
      await eventually("the agent is at work", [this.repo.root], () => existsSync(begun));
    }
    if (world.released.includes(n)) await this.repo.quiet();
    return happened;
  }

  /** Nobody is woken to see whether it may go on. */
  async #makePipe(n: number): Promise<void> {
    const path = join(this.repo.root, `wait-${n}`);
    if (existsSync(path)) return;
    const { status, stderr } = await run("mkfifo", [path], { cwd: this.repo.root, env: this.repo.env });
    if (status !== 0) throw new Error(stderr);
  }

  async #release(world: World, n: number): Promise<Happened> {
    await writeFile(join(this.repo.root, `go-${n}`), "");
    if (specAt(world, n).run?.phase !== "held") return DONE;
    const pipe = await open(join(this.repo.root, `wait-${n}`), "w");
    await pipe.close();
    await this.repo.quiet();
    return DONE;
  }

  async #switch({ branch, hasSide }: World): Promise<Happened> {
    const words = hasSide ? [branch === "main" ? "side" : "main"] : ["-c", "side"];
    const { status, stderr } = await run("git", ["switch", "-q", ...words], {
      cwd: this.repo.path,
      env: this.repo.env,
    });
    return { said: stderr, isDone: status === 0 };
  }
}

/** What the user stages and commits: beside the target the specs stay as they are, where git sees them. */
const partOf = ({ branch, isSilent }: World): readonly string[] =>
  branch === "main" || isSilent ? [] : ["--", ".", ":!.chant"];

/** The command line of a decision. */
function wordsOf(what: Decision, id: string): readonly string[] {
  switch (what) {
    case "rework":
      return ["resume", id, "--work"];
    case "force":
      return ["finalize", id, "--force"];
    case "reject":
      return ["reject", id, "--reason", "Not so"];
    case "start":
      return ["start", id, "--here"];
    case "pause":
    case "resume":
    case "reset":
    case "cancel":
    case "restore":
    case "approve":
    case "finalize":
    case "merge":
    case "archive":
      return [what, id];
    default:
      return unreachable(what);
  }
}

const bodyOf = (agent: Agent, n: number): string =>
  `Words: first.\n\n## Script\n\n\`\`\`sh\n${scriptOf(agent, n)}\n\`\`\`\n`;
