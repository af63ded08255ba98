import type { Failed, GateTest } from "../../src/app/engine/gate-landings.ts";
import type { GateEnd } from "../../src/app/engine/gate-run.ts";
import type { RunRecord, Waits } from "../../src/app/engine/record.ts";
import { gateStep, type Tried } from "../../src/domain/gate.ts";

const RULES = { commands: ["npm test"], timeoutMs: 0, onFailure: "resume" } as const;
const FAILURE = { command: "npm test", how: "exited with code 1" };

/** Gates that take their time, and a target that the user changes meanwhile. What they have said outlives a crash. */
export class GateModel {
  /** Sets of specs of which each spoils every tree that has all of it; without any there are no gates. */
  spoilers: readonly (readonly string[])[] | undefined;
  /** How often the user has committed something. */
  commits = 0;
  isUserBusy = true;
  readonly #verdicts = new Map<string, Tried>();
  readonly #running = new Set<() => void>();

  /** What lands by what is known, as `gateLandings` says of real files. */
  sift(
    done: readonly RunRecord[],
    landed: readonly string[],
    target: string,
  ): {
    readonly land: readonly RunRecord[];
    readonly queued: readonly RunRecord[];
    readonly failed: readonly Failed[];
    readonly held: readonly { readonly record: RunRecord; readonly waits: Waits }[];
    readonly test: GateTest | undefined;
  } {
    const failed: Failed[] = [];
    let land = done.toSorted((a, b) => (a.gate?.sinceMs ?? 1e15) - (b.gate?.sinceMs ?? 1e15));
    while (this.spoilers !== undefined && land.length > 0) {
      const first = land.slice(0, 1);
      const keyOf = (count: number): string =>
        this.#key([...landed, ...land.slice(0, count).map(({ id }) => id)]);
      const step = gateStep(land.length, (count) => this.#verdicts.get(keyOf(count)) ?? "unknown");
      if (step.kind === "land") {
        return {
          land: land.slice(0, step.count),
          queued: land.slice(step.count),
          failed,
          held: [],
          test: undefined,
        };
      }
      if (step.kind === "test") {
        const key = keyOf(step.count);
        const runs = land.slice(0, Math.max(1, step.count));
        const isTarget = step.count === 0;
        const rest = { target, from: "", commit: "", rules: RULES };
        return {
          land: [],
          queued: land,
          failed,
          held: [],
          test: { ...rest, isTarget, runs, tree: key, onto: keyOf(0), key },
        };
      }
      if (step.kind === "red_target") throw new Error("something that fails has landed");
      failed.push(
        ...first.map((record) => ({ record, verdict: { failure: FAILURE, output: "" }, rules: RULES })),
      );
      land = land.slice(1);
    }
    return { land, queued: [], failed, held: [], test: undefined };
  }

  run(test: GateTest, signal: AbortSignal, onStart: () => void, isBusy: boolean): Promise<GateEnd> {
    if (isBusy) return Promise.resolve({ kind: "busy" });
    onStart();
    return new Promise((resolve) => {
      const end = (): void => {
        const isRed = this.#isRed(test.key);
        this.#verdicts.set(test.key, isRed ? "red" : "green");
        resolve({ kind: "verdict", verdict: isRed ? { failure: FAILURE } : {}, durationMs: 1 });
      };
      this.#running.add(end);
      signal.addEventListener("abort", () => {
        this.#running.delete(end);
        resolve({ kind: "stopped" });
      });
    });
  }

  isStale({ onto }: GateTest, landed: readonly string[]): boolean {
    return onto !== this.#key(landed);
  }

  /** Gates end, and the user commits. */
  live(random: () => number): void {
    for (const end of this.#running) {
      if (random() > 0.6) continue;
      this.#running.delete(end);
      end();
    }
    if (this.isUserBusy && random() < 0.1) this.commits += 1;
  }

  /** An agent has looked at what it was told. */
  mend(id: string): void {
    this.spoilers = this.spoilers?.filter((set) => !set.includes(id));
    this.#verdicts.clear();
  }

  check(landed: readonly string[]): void {
    if (this.#isRed(this.#key(landed))) throw new Error(`landed together: ${landed.join(" ")}`);
  }

  readonly #key = (ids: readonly string[]): string => [String(this.commits), ...ids.toSorted()].join(" ");

  #isRed(key: string): boolean {
    const ids = key.split(" ").slice(1);
    return this.spoilers?.some((set) => set.every((id) => ids.includes(id))) === true;
  }
}
