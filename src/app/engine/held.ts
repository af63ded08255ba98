import type { RunRecord } from "./record.ts";

/** What runs that do not move by themselves wait for. */

/** It was judged done, and waits for a person's decision about its result. */
export const isUndecided = ({ waits }: Pick<RunRecord, "waits">): boolean => waits?.isForPerson === true;

/** Nothing goes on with it until a person does something. */
export const isForPerson = (record: RunRecord): boolean => record.phase === "parked" || isUndecided(record);

/** Something of the user's is in its way: it is tried again and again. */
export const isHeld = (record: RunRecord): boolean =>
  ["landing", "retiring", "pausing"].includes(record.phase) &&
  record.waits !== undefined &&
  !isUndecided(record);

/** No agent of its own works on it, nor will without a decision or a time that has to come. */
export const isBetweenAttempts = ({ phase }: RunRecord): boolean =>
  phase === "parked" || phase === "retrying";

/** Its status for a person is on the target: a coordinator has nothing more to do with it. */
export const isDone = ({ phase, parked }: RunRecord): boolean =>
  phase === "parked" && parked?.isPublished === true;
