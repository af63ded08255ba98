import { expect, test } from "vitest";
import { told } from "../../kit/kill-round.ts";
import { KILL_STORIES } from "../../kit/kill-stories.ts";
import { evenly, numberOf, randomFrom } from "../../kit/random.ts";
import { canTrace, killAt, type Moment, momentsOf } from "../../kit/strace.ts";
import { gitMomentsOf, type GitVictim, killGitAt } from "../../kit/strace-git.ts";
import { triesOf } from "../../kit/tries.ts";

/** chant is killed as it makes some call of the system: at each with FAULTS=all, otherwise at some of them. */
const IS_ALL = process.env["FAULTS"] === "all";
const SEED = numberOf("FAULTS_SEED", 1);
/** How many are tried by default, of all stories together, spread evenly over the calls of each. */
const POINTS = numberOf("FAULTS_POINTS", 300);
/** How many of these kill a git that chant has called, in turn alone and with its caller. */
const GIT_SHARE = 1 / 6;

const tries = triesOf("kill -9 at a system call that changes files");
const gitTries = triesOf("kill -9 of a git of chant's at a system call that changes files");
const VICTIMS: readonly GitVictim[] = ["git", "git and its caller"];
const isHere = process.env["CHANT_UNDER_TEST"] === "exe";
if (isHere && !canTrace()) {
  process.stderr.write("Skipped: kills at calls of the system, as strace is missing.\n");
}

const shares = KILL_STORIES.reduce((sum, { share }) => sum + share, 0);

test.runIf(isHere && canTrace()).each(KILL_STORIES.map((story) => [story.name, story] as const))(
  `kill -9 among the system calls of: %s (seed ${SEED})`,
  { timeout: 3_600_000 },
  async (name, story) => {
    await using round = await told(story);
    const { repo, start } = round;
    await start.restore();
    const moments = await momentsOf(repo, story.command(repo));
    await repo.quiet();
    expect(moments.length).toBeGreaterThan(30);
    const points = (POINTS * story.share) / shares;
    const wanted = IS_ALL ? moments.length : Math.round(points * (1 - GIT_SHARE));
    let kills = 0;
    const failed: { readonly moment: Moment; readonly error: unknown }[] = [];
    // A moment that does not come this time is replaced by another one.
    for (const moment of evenly(randomFrom(SEED), moments, wanted)) {
      if (kills === wanted) break;
      await start.restore();
      if (!(await killAt(repo, story.command(repo), moment))) {
        await repo.quiet();
        continue;
      }
      kills += 1;
      const cameThrough = tries.begin();
      await round.expectSameEnd().then(cameThrough, (error: unknown) => failed.push({ moment, error }));
      // Whatever failed may have left something that runs.
      await repo.quiet();
    }
    process.stdout.write(`${name}: ${kills} kills at ${moments.length} moments, seed ${SEED}\n`);
    expect(kills).toBeGreaterThan(wanted / 2);

    await start.restore();
    const ofGit = await gitMomentsOf(repo, story.command(repo));
    const wantedOfGit = IS_ALL ? ofGit.length : Math.round(points * GIT_SHARE);
    let gitKills = 0;
    for (const moment of evenly(randomFrom(SEED), ofGit, wantedOfGit)) {
      if (gitKills === wantedOfGit) break;
      await start.restore();
      const isMet = await killGitAt(repo, story.command(repo), moment, VICTIMS[gitKills % 2] ?? "git");
      await repo.quiet();
      if (!isMet) continue;
      gitKills += 1;
      const cameThrough = gitTries.begin();
      await round
        .expectSameEndPastLocks()
        .then(cameThrough, (error: unknown) => failed.push({ moment, error }));
      await repo.quiet();
    }
    process.stdout.write(`${name}: ${gitKills} kills of git at ${ofGit.length} moments, seed ${SEED}\n`);
    expect(failed).toEqual([]);
  },
);
