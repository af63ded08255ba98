import { dirname, join } from "node:path";

/** Where chant keeps its files, for one repository. All paths are absolute. */
export interface Places {
  /** `.chant` in the checkout where the user works. */
  readonly chant: string;
  readonly specs: string;
  readonly prompts: string;
  readonly templates: string;
  readonly config: string;
  readonly logs: string;
  /** The readable face of the locks, in the main checkout. */
  readonly locks: string;
  /** The history of runs, for the whole repository: in the main checkout. */
  readonly journal: string;
  /** What makes lists and searches fast, and can be made again at any time. */
  readonly index: string;
  /** Inside the common git folder: what must outlive a clean-up of `.chant`. */
  readonly own: string;
  /** One record a run: `runs/ID.json`. */
  readonly records: string;
  /** One folder a run: `work/RUN/`, with launch and end files, prompt, output, shadow. */
  readonly work: string;
  /** Runners touch a file here when something happened. */
  readonly inbox: string;
  /** One file for each split whose members are being written: `splits/ID.json`. */
  readonly splits: string;
  /** One folder for each spec whose members an agent is being asked for: `asking/ID/`. */
  readonly asking: string;
  /** Where gates run, whose turn it is, and what they said of which files. */
  readonly gates: string;
  /** One folder for each `verify` that runs: `checking/TOKEN/`. */
  readonly checking: string;
  /** One small file a process of chant's that lives: see heartbeat.ts. */
  readonly beats: string;
  /** Objects of git's that a loss of power has torn, each under its name. */
  readonly torn: string;
  readonly kernelLock: string;
  readonly landLock: string;
}

/** The folder of specs inside a repository, as paths in its trees begin. */
export const SPEC_FOLDER = ".chant/specs";

/** Returns a spec's path inside a repository. */
export const specPath = (id: string): string => `${SPEC_FOLDER}/${id}.md`;

/** Returns where the log of a spec is: what its agents printed, and what became of them, as a person reads it. */
export const specLogFile = (logs: string, id: string): string => join(logs, `${id}.log`);

/** Returns where is what the agents of a spec printed, byte for byte. */
export const rawLogFile = (logs: string, id: string): string => join(logs, `${id}.raw`);

/** Returns the places of a repository whose user works in `home`. */
export function placesOf(home: string, commonDir: string): Places {
  const chant = join(home, ".chant");
  const own = join(commonDir, "chant");
  const main = commonDir.endsWith("/.git") ? dirname(commonDir) : home;
  return {
    chant,
    specs: join(chant, "specs"),
    prompts: join(chant, "prompts"),
    templates: join(chant, "templates"),
    config: join(chant, "config.md"),
    logs: join(chant, "logs"),
    locks: join(main, ".chant", ".locks"),
    journal: join(main, ".chant", ".store", "journal.db"),
    index: join(chant, ".store", "index.db"),
    own,
    records: join(own, "runs"),
    work: join(own, "work"),
    inbox: join(own, "inbox"),
    splits: join(own, "splits"),
    asking: join(own, "asking"),
    gates: join(own, "gates"),
    checking: join(own, "checking"),
    beats: join(own, "beats"),
    torn: join(own, "torn"),
    kernelLock: join(own, "lock.db"),
    landLock: join(own, "land.db"),
  };
}
