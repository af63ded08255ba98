import type { SpecId } from "../../domain/id.ts";
import type { RetryPolicy } from "../../domain/retry.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Happening } from "./engine.ts";
import type { Hands } from "./hands.ts";
import type { Batch } from "./plan-batch.ts";
import type { RunRecord } from "./record.ts";

/** What makes one coordinator different from another: what it may start, and whom it tells. */
export interface CoordinatorOptions {
  readonly hands: Hands;
  readonly emit: (happening: Happening) => void;
  readonly clock: Clock;
  /** As it is configured now, and so are the slots: a watch lives for days. */
  readonly policy: () => RetryPolicy;
  /** Where runners leave word that something happened. */
  readonly inbox: string;
  /** The most agents at once. */
  readonly slots: () => number;
  /**
   * The status of a run that failed for good. Watch has applied its rules by then, so that only a person can help;
   * a person who waits for `work` sees a plain failure.
   */
  readonly permanent: "failed" | "needs_attention";
  /** The branch on which new runs start and land. */
  readonly target: string;
  /** Whether anything is ready now; asked before a step is made for a start alone. */
  readonly canStart: () => Promise<boolean>;
  /**
   * Claims up to `atMost` new runs; asked within a landing, so `completed` are the specs that this very step
   * completes, though the target does not show them yet.
   */
  readonly start: (atMost: number, completed: readonly SpecId[]) => Promise<readonly RunRecord[]>;
  /** Which claimed runs may still start when only these specs are completed besides what the target shows. */
  readonly mayStill: Batch["mayStill"];
  readonly mayStart: () => boolean;
}
