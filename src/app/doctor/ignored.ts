import { type Check, checkOf } from "../../domain/doctor.ts";
import { git } from "../../git/program.ts";
import { localBranches } from "../../git/refs.ts";
import { checkoutPlace, type Repository } from "../../git/repository.ts";
import { branchWithSpecs } from "../engine/silent/mode.ts";
import type { Workspace } from "../workspace.ts";

const TRACKED = [".chant/specs/2026-01-01-001-aaa.md", ".chant/config.md", ".chant/prompts/standard.md"];
const PASSING = [".chant/.locks/x.lock", ".chant/logs/x.log", ".chant/.store/index.db", ".chant/watch.pid"];

/** What a silent project keeps to itself, git must not know of on any branch. */
async function checkSilent(repo: Repository): Promise<readonly Check[]> {
  const branches = ["HEAD", ...(await localBranches(repo))];
  const branch = await branchWithSpecs(repo, branches);
  if (branch === undefined) {
    return [
      checkOf(
        "ignored",
        "ok",
        "this project is silent: git sees nothing of .chant, and neither does a clone",
      ),
    ];
  }
  const what = `this project is silent, but git tracks specs on ${branch.replace("refs/heads/", "")}: a switch to it would write over those on disk.`;
  return [checkOf("ignored", "warning", what, "git rm -r --cached .chant   (on that branch, then commit)")];
}

/** Looks at whether git ignores what it is to keep, and keeps what it is to ignore. */
export async function checkIgnored({ repo }: Workspace): Promise<readonly Check[]> {
  if (repo.isSilent === true) return checkSilent(repo);
  const place = checkoutPlace({ path: repo.home, gitDir: repo.gitDir, branch: undefined });
  const input = [...TRACKED, ...PASSING].map((path) => `${path}\0`).join("");
  const args = ["check-ignore", "--no-index", "--stdin", "-z"];
  const { stdout } = await git(place, args, { input, accept: [0, 1], timeoutMs: 5_000 });
  const ignored = new Set(stdout.toString("utf8").split("\0"));
  const lost = TRACKED.filter((path) => ignored.has(path));
  const shown = PASSING.filter((path) => !ignored.has(path));
  const found = [
    ...lost.map((path) =>
      checkOf(
        "ignored",
        "warning",
        `git ignores ${path}, so it is in no clone and no history.`,
        `git check-ignore -v --no-index ${path}   (shows the rule to remove)`,
      ),
    ),
    ...(shown.length === 0
      ? []
      : [
          checkOf(
            "ignored",
            "warning",
            `git does not ignore ${shown.join(", ")}: such files would be committed with your work.`,
            "printf '.locks/\\n.store/\\nlogs/\\nwatch.pid\\n.tmp-*\\n' >>.chant/.gitignore",
          ),
        ]),
  ];
  return found.length > 0 ? found : [checkOf("ignored", "ok", "git keeps specs, and ignores locks and logs")];
}
