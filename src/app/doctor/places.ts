import { dirname } from "node:path";
import { type Check, type CheckLevel, checkOf } from "../../domain/doctor.ts";
import { type Ground, groundOf, seesFileEvents, whyNotWritable } from "../../host/probe.ts";
import { readConfigs } from "../../store/config.ts";
import type { Workspace } from "../workspace.ts";

const EVENTS_LIMIT_MS = 2_000;
const LITTLE_BYTES = 1024 ** 3;

const gibibytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB free`;

const GROUND: { readonly [K in Ground["kind"]]: string } = {
  disk: "on a disk of this machine",
  memory: "in memory: what lies there is gone after a restart, and takes memory",
  network: "on a network",
};

const ofRoot = (level: CheckLevel, message: string, mend?: string): readonly Check[] => [
  checkOf("worktree-root", level, message, mend),
];

const WHERE_ROOT_IS_SET = "chant config show worktree.root   (shows where to set another)";

/** Looks at where worktrees are made: that it is there, can be written to, and on what it lies. */
export async function checkWorktreeRoot({ places }: Workspace): Promise<readonly Check[]> {
  const { root } = (await readConfigs(places)).config.worktree;
  const ground = await groundOf(root);
  if (ground === undefined) {
    // It is made with the first worktree, where its own folder can be written to.
    const why = await whyNotWritable(dirname(root));
    if (why === undefined) return ofRoot("info", `${root} is not there yet; it is made when needed`);
    return ofRoot("broken", `${root} is not there, and cannot be made (${why}).`, `mkdir -p ${root}`);
  }
  const why = await whyNotWritable(root);
  if (why !== undefined) return ofRoot("broken", `${root} cannot be written to (${why}).`, WHERE_ROOT_IS_SET);
  const message = `${root} is ${GROUND[ground.kind]}, ${gibibytes(ground.freeBytes)}`;
  const concern =
    ground.kind === "network"
      ? "agents are slow there"
      : ground.freeBytes < LITTLE_BYTES
        ? "that is little"
        : undefined;
  if (concern !== undefined) return ofRoot("warning", `${message}: ${concern}.`, WHERE_ROOT_IS_SET);
  return ofRoot(ground.kind === "memory" ? "info" : "ok", message);
}

/** Looks at what the repository lies on. */
export async function checkRepositoryPlace({ repo }: Workspace): Promise<readonly Check[]> {
  const ground = await groundOf(repo.commonDir);
  const why = await whyNotWritable(repo.commonDir);
  if (why !== undefined) {
    return [
      checkOf(
        "repository",
        "broken",
        `${repo.commonDir} cannot be written to (${why}).`,
        `ls -ld ${repo.commonDir}`,
      ),
    ];
  }
  if (ground?.kind !== "network") return [checkOf("repository", "ok", `${repo.home} can be written to`)];
  return [
    checkOf(
      "repository",
      "broken",
      `${repo.commonDir} is on ${ground.name ?? "a network"}, where locks between machines may not hold.`,
      "work in a clone on a local disk, or pass --allow-network-fs to work and watch",
    ),
  ];
}

/** Tries whether changes of files are told of; without that chant looks now and then, and is slower. */
export async function checkEvents({ repo }: Workspace): Promise<readonly Check[]> {
  const startMs = performance.now();
  if (await seesFileEvents(repo.commonDir, EVENTS_LIMIT_MS)) {
    const tookMs = Math.max(1, Math.round(performance.now() - startMs));
    return [checkOf("file-events", "ok", `a change of a file was seen after ${tookMs} ms`)];
  }
  return [
    checkOf(
      "file-events",
      "warning",
      `A change of a file was not seen within ${EVENTS_LIMIT_MS / 1000} s; chant looks every few seconds instead.`,
      "sysctl fs.inotify.max_user_watches fs.inotify.max_user_instances   (raise the one that is used up)",
    ),
  ];
}
