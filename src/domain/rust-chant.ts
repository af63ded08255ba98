/** What the Rust chant (up to 0.23) knew and this one does not read, each with what takes its place. */
type Former = { readonly [name: string]: string };

const CONFLICT = "What a merge ran into is kept with the run itself: chant why ID";
const VERIFICATION =
  "There is no later check here: what must hold is a criterion, and holds when the spec lands.";
const REPLAY = "A spec is done anew after chant reset ID; git keeps what was before.";

/** Keys of a spec's front matter. */
const SPEC_KEYS: Former = {
  id: "The name of its file is its id.",
  commit: 'The key is "commits", a list.',
  retry_state: "Retries are counted with a run, and this one is over. Begin anew with: chant reset ID",
  schedule: "chant starts nothing by the clock: let cron run chant work ID.",
  source_branch: CONFLICT,
  target_branch: CONFLICT,
  conflicting_files: CONFLICT,
  blocked_specs: CONFLICT,
  original_spec: CONFLICT,
  last_verified: VERIFICATION,
  verification_status: VERIFICATION,
  verification_failures: VERIFICATION,
  replayed_at: REPLAY,
  replay_count: REPLAY,
  original_completed_at: REPLAY,
  public: "chant makes no site: chant export writes what one can be made of.",
};

const SITE = "chant makes no site: chant export writes what one can be made of.";
const CLEANUP = "chant cleans up after what has landed, without an agent.";
const STAGGER = "Agents start as soon as a place is free; a rate limit is waited for, as watch.failure says.";
const LANDING = "Every spec has a branch of its own, which lands when the spec is done.";

/** Keys of the configuration by path; one that is a map stands for all below it. */
const CONFIG_KEYS: Former = {
  "project.prefix": "Ids need no prefix: they are told apart by their random end.",
  "project.silent": "Whether git ignores .chant is for .git/info/exclude to say.",
  "defaults.branch": LANDING,
  "defaults.pr": LANDING,
  "defaults.main_branch": "A spec lands on the branch that is checked out when it starts.",
  "defaults.split_model": 'Say it when you split: chant split ID --model NAME, or give an agent a "model".',
  "defaults.prompt_extensions":
    'Write a prompt that begins with "extends: NAME" in its front matter, and add them there.',
  git: LANDING,
  providers: 'chant asks no model by itself, it starts agents: describe one under "agents".',
  "parallel.cleanup": CLEANUP,
  "parallel.stagger_delay_ms": STAGGER,
  "parallel.stagger_jitter_ms": STAGGER,
  repos: "A spec depends on specs of its own repository only.",
  "enterprise.required": "chant asks for no keys: write them into the specs, or derive them.",
  "approval.require_approval_for_agent_work":
    'Name the labels and types whose specs need an approval: "approval.required_for".',
  validation: "No output is held against a schema: what must hold is a criterion.",
  site: SITE,
  "lint.thresholds":
    'What is too much at once is fixed; "lint.disable" with "spec-too-large" turns the rule off.',
  schema: "chant lint knows the keys of a spec, and what each may be.",
  scale: 'How many specs are worked at once is "parallel.max".',
};

const lookUp = (table: Former, name: string): string | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** Returns what takes the place of a key of a spec that only the Rust chant read; undefined for any other key. */
export const insteadOfSpecKey = (key: string): string | undefined => lookUp(SPEC_KEYS, key);

/** Returns what takes the place of a key of the configuration that only the Rust chant read; undefined for any other. */
export const insteadOfConfigKey = (path: readonly string[]): string | undefined =>
  lookUp(CONFIG_KEYS, path.join("."));
