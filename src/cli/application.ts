import {
  type Application,
  type ApplicationText,
  buildApplication,
  buildRouteMap,
  type Command,
  text_en,
} from "@stricli/core";
import { columns } from "../kit/text.ts";
import { activityCommand } from "./commands/activity.ts";
import { addCommand } from "./commands/add.ts";
import { agentsCommand } from "./commands/agents.ts";
import { approveCommand } from "./commands/approve.ts";
import { archiveCommand } from "./commands/archive.ts";
import { cancelCommand } from "./commands/cancel.ts";
import { exportCommand } from "./commands/export.ts";
import { cleanupCommand } from "./commands/cleanup.ts";
import { diskCommand } from "./commands/disk.ts";
import { configCommand } from "./commands/config.ts";
import { driftCommand } from "./commands/drift.ts";
import { dagCommand } from "./commands/dag.ts";
import { deriveCommand } from "./commands/derive.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { editCommand } from "./commands/edit.ts";
import { dashboardCommand } from "./commands/dashboard.ts";
import { finalizeCommand } from "./commands/finalize.ts";
import { groupCommand } from "./commands/group.ts";
import { initCommand } from "./commands/init.ts";
import { limitsCommand } from "./commands/limits.ts";
import { lintCommand } from "./commands/lint.ts";
import { listCommand } from "./commands/list.ts";
import { logCommand } from "./commands/log.ts";
import { mergeCommand } from "./commands/merge.ts";
import { pauseCommand } from "./commands/pause.ts";
import { prepCommand } from "./commands/prep.ts";
import { permitCommand } from "./commands/permit.ts";
import { rejectCommand } from "./commands/reject.ts";
import { resetCommand } from "./commands/reset.ts";
import { restoreCommand } from "./commands/restore.ts";
import { resumeCommand } from "./commands/resume.ts";
import { searchCommand } from "./commands/search.ts";
import { showCommand } from "./commands/show.ts";
import { splitCommand } from "./commands/split.ts";
import { startCommand } from "./commands/start.ts";
import { statsCommand } from "./commands/stats.ts";
import { statusCommand } from "./commands/status.ts";
import { takeoverCommand } from "./commands/takeover.ts";
import { templateCommand } from "./commands/template.ts";
import { tickCommand } from "./commands/tick.ts";
import { trustCommand } from "./commands/trust.ts";
import { unlockCommand } from "./commands/unlock.ts";
import { verifyCommand } from "./commands/verify.ts";
import { watchCommand } from "./commands/watch.ts";
import { whyCommand } from "./commands/why.ts";
import { workCommand } from "./commands/work.ts";
import { worktreeCommand } from "./commands/worktree.ts";
import type { Context } from "./context.ts";

/** All commands, in the order of a spec's way. */
export const COMMANDS: { readonly [name: string]: Command<Context> } = {
  init: initCommand,
  agents: agentsCommand,
  add: addCommand,
  template: templateCommand,
  list: listCommand,
  search: searchCommand,
  show: showCommand,
  edit: editCommand,
  derive: deriveCommand,
  lint: lintCommand,
  group: groupCommand,
  dag: dagCommand,
  split: splitCommand,
  prep: prepCommand,
  approve: approveCommand,
  permit: permitCommand,
  reject: rejectCommand,
  work: workCommand,
  watch: watchCommand,
  status: statusCommand,
  dashboard: dashboardCommand,
  why: whyCommand,
  log: logCommand,
  limits: limitsCommand,
  activity: activityCommand,
  stats: statsCommand,
  tick: tickCommand,
  start: startCommand,
  finalize: finalizeCommand,
  merge: mergeCommand,
  pause: pauseCommand,
  resume: resumeCommand,
  takeover: takeoverCommand,
  worktree: worktreeCommand,
  reset: resetCommand,
  cancel: cancelCommand,
  restore: restoreCommand,
  verify: verifyCommand,
  drift: driftCommand,
  archive: archiveCommand,
  export: exportCommand,
  cleanup: cleanupCommand,
  disk: diskCommand,
  unlock: unlockCommand,
  trust: trustCommand,
  config: configCommand,
  doctor: doctorCommand,
};

const OVERVIEW = `chant gives specs, written in markdown in .chant/specs/, to coding agents: each in a git worktree of its own, many at
once, and lands what they finish on your branch.`;

const REST = `EXAMPLES
  chant init
  chant add "Sort the list" --criterion "Ties keep their order"
  chant work --parallel
  chant list

Every command has --help with examples; chant --version prints the version. Where a command takes an ID, a part that
only one spec has will do.

Exit statuses: 0 done, 1 failed or refused, 2 misuse, 70 a fault of chant's, 75 busy or waiting (try again), 130 and
143 interrupted.`;

/** Returns what `chant` alone and `chant --help` print. */
export function rootHelp(): string {
  const rows = Object.entries(COMMANDS).map(([name, command]) => [`  ${name}`, command.brief]);
  return `USAGE\n  chant COMMAND [...]\n\n${OVERVIEW}\n\nCOMMANDS\n${columns(rows)}\n\n${REST}\n`;
}

const text: ApplicationText = {
  ...text_en,
  noCommandRegisteredForInput: ({ input, corrections }) => {
    const isVersion = input === "version";
    const words = isVersion ? ["--version"] : corrections.map((each) => each.replaceAll("`", ""));
    const hint =
      words.length === 0 ? "See the commands with: chant --help" : `Did you mean: ${words.join(", ")}?`;
    return `There is no command ${JSON.stringify(input)}.\nhint: ${hint}`;
  },
  exceptionWhileParsingArguments(failure, hasColor) {
    const said = text_en.exceptionWhileParsingArguments.call(this, failure, hasColor);
    // The parser names flags as the source does; the help, and people, write them with hyphens.
    const message = said.replaceAll(/(?<=did you mean .*)--[a-z]+[A-Z]\w*/g, (flag) =>
      flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    );
    return message.endsWith(".") || message.endsWith("?") ? message : `${message}.`;
  },
};

/** The command line as the parser knows it. */
export const application: Application<Context> = buildApplication(
  buildRouteMap({
    routes: COMMANDS,
    docs: { brief: "Work specs with coding agents", fullDescription: OVERVIEW },
  }),
  {
    name: "chant",
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    localization: { text },
  },
);
