import { HOME } from "./commands.ts";
import { add, checkoutAt, commit, leaveBranch, saveFile, switchTo } from "./git/porcelain.ts";
import { GitFailure } from "./git/store.ts";
import type { Machine, SimProcess } from "./machine.ts";

/**
 * Who works in the checkout while chant does: writes, stages, commits, switches branches, is in the middle of a merge.
 * What was written is kept count of by words that stand nowhere else.
 */
export class User {
  /** Words that were saved, and in which file. */
  readonly words: { readonly path: string; readonly word: string }[] = [];
  readonly #machine: Machine;
  readonly #specs: readonly string[];
  readonly #isSilent: boolean;

  constructor(machine: Machine, specs: readonly string[], isSilent: boolean) {
    this.#machine = machine;
    this.#specs = specs;
    this.#isSilent = isSilent;
  }

  start(): SimProcess {
    const machine = this.#machine;
    return machine.start("user", "user", async (self) => {
      for (;;) {
        await machine.pause(self, machine.below(1_200));
        try {
          await this.#doSomething(self);
        } catch (error) {
          // git told them to wait, or to commit first.
          if (!(error instanceof GitFailure)) throw error;
        }
      }
    });
  }

  /** Ends what git was in the middle of, and removes the locks that a killed git has left. */
  unlock(): void {
    const { disk } = this.#machine;
    for (const name of ["MERGE_HEAD", "index.lock"]) {
      if (disk.find(`${HOME}/.git/${name}`) !== undefined) disk.unlink(`${HOME}/.git/${name}`);
    }
    for (const ref of disk.filesBelow(`${HOME}/.git/refs`)) {
      if (ref.endsWith(".lock")) disk.unlink(`${HOME}/.git/refs/${ref}`);
    }
  }

  /** Commits all they have, so that nothing of theirs is in the way of a landing any more. */
  finish(): void {
    const at = checkoutAt(this.#machine, HOME);
    add(at);
    commit(at, "What I had");
    if (this.#branch() !== "main") switchTo(at, "main");
  }

  #branch(): string {
    return this.#machine.disk.text(`${HOME}/.git/HEAD`)?.trim().replace("ref: refs/heads/", "") ?? "";
  }

  async #doSomething(self: SimProcess): Promise<void> {
    const machine = this.#machine;
    const at = checkoutAt(machine, HOME);
    const n = machine.random();
    const isMerging = machine.disk.find(`${HOME}/.git/MERGE_HEAD`) !== undefined;
    if (this.#branch() === "side") return n < 0.5 ? switchTo(at, "main") : undefined;
    if (n < 0.15) return this.#write(`notes-${machine.below(3)}.txt`);
    if (n < 0.25) return this.#write("shared.txt");
    if (n < 0.4) return this.#write(this.#someSpec());
    if (n < 0.5) return add(at, machine.pick(["shared.txt", "notes-0.txt", this.#addable()]));
    if (n < 0.7) return isMerging ? undefined : void commit(at, "Mine", machine.chance(0.6));
    if (n < 0.76) return this.#hold(self, "index.lock");
    if (n < 0.8) return this.#hold(self, "MERGE_HEAD");
    if (n < 0.83) return this.#remove(this.#someSpec());
    if (n < 0.86 && !isMerging) {
      if (at.store.ref("refs/heads/side") === undefined) return leaveBranch(at, "side");
      return switchTo(at, "side");
    }
    if (n < 0.9) machine.wallOffsetMs += (machine.random() - 0.5) * 7_200_000;
  }

  #someSpec(): string {
    return `.chant/specs/${this.#machine.pick(this.#specs)}.md`;
  }

  /** git refuses to add what it ignores. */
  #addable(): string {
    return this.#isSilent ? "notes-1.txt" : this.#someSpec();
  }

  #write(path: string): void {
    const machine = this.#machine;
    const before = machine.disk.text(`${HOME}/${path}`);
    if (before === undefined && path.startsWith(".chant/")) return;
    const word = `user-${machine.hex(5)}`;
    saveFile(machine, `${HOME}/${path}`, `${before ?? ""}\n${word}\n`);
    this.words.push({ path, word });
  }

  #remove(path: string): void {
    const { disk } = this.#machine;
    if (disk.find(`${HOME}/${path}`) === undefined) return;
    disk.unlink(`${HOME}/${path}`);
    const kept = this.words.filter((each) => each.path !== path);
    this.words.splice(0, this.words.length, ...kept);
  }

  /** A command of git's that takes a while, or a merge that is not finished. */
  async #hold(self: SimProcess, name: string): Promise<void> {
    const { disk } = this.#machine;
    const path = `${HOME}/.git/${name}`;
    if (disk.find(path) !== undefined) return;
    disk.create(path, 0o644, { exclusive: true });
    await this.#machine.pause(self, this.#machine.below(2_500));
    if (disk.find(path) !== undefined) disk.unlink(path);
  }
}
