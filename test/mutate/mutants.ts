/** What a mutant takes away. */
export type Kind = "fsync" | "swap" | "lock" | "snapshot" | "recovery";

/** The tests that must notice: one file, or those of it whose names match. */
export interface Judge {
  /** Those of the e2e projects get a build of the mutant. */
  readonly project?: "git" | "e2e-exe";
  readonly file: string;
  readonly only?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** One line of the source that is taken away, or made to do nothing, and the tests that must fail then. */
export interface Mutant {
  readonly name: string;
  readonly kind: Kind;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  readonly judge: Judge;
}

const DEEP = "test/simulation/deep/deep.test.ts";
const tests = (file: string, only?: string): Judge => ({ file, ...(only === undefined ? {} : { only }) });
const commands = (file: string, only?: string): Judge => ({ ...tests(file, only), project: "e2e-exe" });
const durable = (only: string): Judge => tests("test/simulation/deep/durable.test.ts", only);

/** Random histories, from the first seed until one fails, in which processes are killed. */
const histories: Judge = {
  file: DEEP,
  only: "random histories",
  env: { CHANT_SIMULATION_COUNT: "280", CHANT_SIMULATION_MS: "900000" },
};

/** The same with losses of power; of the count two fifths are told. */
const powerLosses: Judge = {
  file: DEEP,
  only: "loses its power",
  env: { CHANT_SIMULATION_COUNT: "500", CHANT_SIMULATION_MS: "900000" },
};

const FSYNCS: readonly Omit<Mutant, "kind">[] = [
  {
    name: "flush-aside",
    file: "src/host/files.ts",
    from: "      writeFileSync(file, data);\n      fsyncSync(file);\n",
    to: "      writeFileSync(file, data);\n",
    judge: durable("replaced"),
  },
  {
    name: "flush-folder-of-replaced",
    file: "src/host/files.ts",
    from: "    throw diskFull(error, path) ?? error;\n  }\n  syncFolder(dirname(path));\n}",
    to: "    throw diskFull(error, path) ?? error;\n  }\n}",
    judge: durable("replaced"),
  },
  {
    name: "flush-folder-of-made",
    file: "src/host/files.ts",
    from: "  syncFolder(dirname(path));\n  return true;",
    to: "  return true;",
    judge: durable("made"),
  },
  {
    name: "flush-object",
    file: "src/host/object-file.ts",
    from: "      writeFileSync(file, content());\n      fsyncSync(file);\n",
    to: "      writeFileSync(file, content());\n",
    judge: durable("object"),
  },
  {
    name: "flush-object-of-others",
    file: "src/host/object-file.ts",
    from: "  if (existsSync(path)) return flushFile(path);\n",
    to: "  if (existsSync(path)) return;\n",
    judge: durable("stored again"),
  },
  {
    name: "flush-work",
    file: "src/git/flush-work.ts",
    from: "  await flushFiles([...made].map((oid) => looseFile(place.repo, oid)));\n",
    to: "",
    judge: durable("an agent's work"),
  },
  {
    name: "flush-work-in-snapshot",
    file: "src/git/snapshot.ts",
    from: "  await flushWork({ repo, reader, trees: new Trees(repo, reader) }, commit.oid, what.since);\n",
    to: "",
    judge: durable("a snapshot"),
  },
  {
    name: "flush-by-git",
    file: "src/git/program.ts",
    from: '  "core.fsync=all",\n',
    to: "",
    judge: durable("a ref"),
  },
  {
    name: "flush-new-worktree",
    file: "src/git/worktree.ts",
    from: "  await flushFiles(Object.keys(files));\n",
    to: "",
    judge: durable("registered"),
  },
  {
    name: "flush-shadow",
    file: "src/git/shadow.ts",
    from: "  await flushFiles([...made, ...info].map((name) => join(shadow.gitDir, name)));\n",
    to: "",
    judge: durable("frozen"),
  },
  {
    name: "flush-landed-files",
    file: "src/git/publish.ts",
    from: "  await flushFiles([lock.copy, ...written.map((path) => join(checkout.path, path))]);\n",
    to: "",
    judge: powerLosses,
  },
  {
    name: "flush-recovered-files",
    file: "src/git/bring-files.ts",
    from: "  await flushFiles(changes.map((change) => join(scene.root, readablePath(change.path))));\n",
    to: "",
    judge: durable("the files"),
  },
  {
    name: "flush-recovered-index",
    file: "src/git/recover.ts",
    from: "  await flushFiles([lock.copy]);\n",
    to: "",
    judge: durable("the index"),
  },
  {
    name: "restore-torn-files",
    file: "src/git/torn-files.ts",
    from: "const found = wasRestarted ?",
    to: "const found = wasRestarted && shadow.gitDir === path ?",
    judge: tests("test/git/torn-files.test.ts"),
  },
];

const SWAPS: readonly Omit<Mutant, "kind">[] = [
  {
    name: "swap-ref",
    file: "src/git/refs.ts",
    from: '["update-ref", "--no-deref", "-m", reason, ref, to, from ?? nothing(repo)]',
    to: '["update-ref", "--no-deref", "-m", reason, ref, to]',
    judge: tests("test/git/refs.test.ts"),
  },
  {
    name: "swap-ref-removal",
    file: "src/git/refs.ts",
    from: '["update-ref", "--no-deref", "-d", ref, from ?? nothing(repo)]',
    to: '["update-ref", "--no-deref", "-d", ref]',
    judge: tests("test/git/refs.test.ts"),
  },
  {
    name: "swap-by-a-git-that-stays",
    file: "src/git/refs.ts",
    from: "`update ${ref} ${to} ${old}`",
    to: "`update ${ref} ${to}`",
    judge: tests("test/git/refs.test.ts"),
  },
  {
    name: "swap-record",
    file: "src/app/engine/claim.ts",
    from: "    if (!(await isStillOwn(places, record))) throw new LostRun(record.id);\n",
    to: "",
    judge: tests("test/app/claim.test.ts"),
  },
  {
    name: "take-over-only-from-the-dead",
    file: "src/app/engine/claim.ts",
    from: "if (!isAsFound || isAlive(record.owner)) return undefined;",
    to: "if (!isAsFound) return undefined;",
    judge: tests("test/app/claim.test.ts"),
  },
  {
    name: "take-over-only-as-it-was-found",
    file: "src/app/engine/claim.ts",
    from: "if (!isAsFound || isAlive(record.owner)) return undefined;",
    to: "if (isAlive(record.owner)) return undefined;",
    judge: tests("test/app/claim.test.ts"),
  },
  {
    name: "claim-only-what-is-free",
    file: "src/app/engine/claim.ts",
    from: "      if (there !== undefined) {",
    to: "      if (there !== undefined && false) {",
    judge: tests("test/app/claim.test.ts"),
  },
  {
    name: "launch-has-one-runner",
    file: "src/app/engine/launch.ts",
    from: "  return createAtomic(runnerFile(folder, launch), JSON.stringify(who));",
    to: "  await writeAtomic(runnerFile(folder, launch), JSON.stringify(who));\n  return true;",
    judge: tests("test/app/claim.test.ts"),
  },
  {
    name: "stop-leaves-a-runner-at-another-launch-alone",
    file: "src/app/engine/stop.ts",
    from: "  if ((await statIfExists(endFile(folder, launch))) !== undefined) return undefined;\n",
    to: "",
    judge: commands("test/e2e/work/runners.test.ts", "is at another by now"),
  },
  {
    name: "a-task-only-for-a-free-runner",
    file: "src/host/task-process.ts",
    from: "return this.#tasks.length === 0 && !this.#isOver;",
    to: "return this.#tasks.length === 0;",
    judge: tests("test/host/task-process.test.ts"),
  },
  {
    name: "land-only-what-is-own",
    file: "src/app/engine/settle.ts",
    from: "written.filter((_, at) => isOurs[at]);",
    to: "written.filter((_, at) => isOurs[at] !== undefined);",
    judge: tests("test/app/keep.test.ts", "judged done"),
  },
  {
    name: "owned-file-as-read",
    file: "src/git/publish.ts",
    from: "    if (!(await stillAsRead(root, [file]))) return false;\n",
    to: "",
    judge: histories,
  },
  {
    name: "home-still-on-the-target",
    file: "src/git/publish.ts",
    from: '  if ((await branchOfHead(checkout.gitDir)) !== proposal.ref) return { kind: "raced" };\n',
    to: "",
    judge: tests("test/git/publish.test.ts"),
  },
  {
    name: "home-not-on-the-target-now",
    file: "src/git/publish.ts",
    from: '      if ((await branchOfHead(gitDir)) === proposal.ref) return { kind: "raced" };\n',
    to: "",
    judge: tests("test/git/publish.test.ts", "comes to the branch"),
  },
];

const LOCKS: readonly Omit<Mutant, "kind">[] = [
  {
    name: "kernel-lock-exclusive",
    file: "src/host/kernel-lock.ts",
    from: 'db.exec("BEGIN EXCLUSIVE");',
    to: 'db.exec("BEGIN");',
    judge: tests("test/host/kernel-lock.test.ts"),
  },
  {
    name: "kernel-lock-on-the-file-with-the-name",
    file: "src/host/kernel-lock.ts",
    from: "      if (inodeOf(this.#path) === this.#inode) return db;",
    to: "      return db;",
    judge: tests("test/host/kernel-lock.test.ts"),
  },
  {
    name: "kernel-lock-in-turns",
    file: "src/host/kernel-lock.ts",
    from: "    const turn = this.#tail.then(async () => {",
    to: "    const turn = Promise.resolve().then(async () => {",
    judge: tests("test/host/kernel-lock.test.ts", "comes while it is held"),
  },
  {
    name: "index-lock",
    file: "src/git/home-lock.ts",
    from: "    if (await createAtomic(lock.path, lock.content)) return { ...lock, wasBusy };",
    to: "    if ((await createAtomic(lock.path, lock.content)) || true) return { ...lock, wasBusy };",
    judge: tests("test/git/publish.test.ts"),
  },
  {
    name: "index-lock-of-the-users",
    file: "src/git/home-lock.ts",
    from: "  if ((await readIfExists(path)) === content) await removeFile(path);",
    to: "  await removeFile(path);",
    judge: tests("test/git/publish.test.ts", "never taken away"),
  },
  {
    name: "index-lock-let-go-by-who-did-not-take-it",
    file: "src/git/publish.ts",
    from: "    if (already === undefined) taken =",
    to: "    taken = already?.lock;\n    if (already === undefined) taken =",
    judge: tests("test/git/publish.test.ts", "stays locked until"),
  },
  {
    name: "index-lock-of-a-living-process",
    file: "src/git/home-lock.ts",
    from: "  if (content === undefined || !isLeftBehind(content)) return false;",
    to: "  if (content === undefined) return false;",
    judge: tests("test/git/recover.test.ts"),
  },
  {
    name: "index-lock-that-is-inherited",
    file: "src/git/home-lock.ts",
    from: '  if (content === undefined || !isLeftBehind(content)) return (await takeIndexLock(gitDir, waitMs)) ?? "busy";\n',
    to: "",
    judge: tests("test/git/recover.test.ts"),
  },
  {
    name: "index-lock-before-a-branch-moves-beside-it",
    file: "src/git/publish.ts",
    from: "    if (checkout === undefined) {\n      if",
    to: "    if (checkout === undefined) {\n      await dropIndexLock(lock);\n      if",
    judge: tests("test/git/publish.test.ts", "nobody switches"),
  },
  {
    name: "land-lock",
    file: "src/app/engine/settle.ts",
    from: "  return engine.landLock.hold(() => settleOrHold(engine, batch), { waitMs: 120_000 });",
    to: "  return settleOrHold(engine, batch);",
    judge: histories,
  },
  {
    name: "operation-of-the-user",
    file: "src/git/publish.ts",
    from: "  if (operation !== undefined) return held(operation);\n",
    to: "",
    judge: tests("test/git/publish.test.ts"),
  },
  {
    name: "rebase-of-the-user",
    file: "src/git/publish.ts",
    from: "    if (rebased !== undefined) return held(",
    to: "    if (rebased !== undefined && false) return held(",
    judge: tests("test/git/publish.test.ts"),
  },
  {
    name: "files-in-the-way",
    file: "src/git/publish.ts",
    from: "    ...(await pathsInTheWay(checkout.path, rest)),\n",
    to: "",
    judge: tests("test/git/publish.test.ts"),
  },
];

const SNAPSHOTS: readonly Omit<Mutant, "kind">[] = [
  {
    name: "keep-what-is-staged",
    file: "src/git/publish.ts",
    from: "  if (!isUnstaged) await keepStaged(asLocked, proposal);\n",
    to: "",
    judge: tests("test/git/publish.test.ts"),
  },
  {
    name: "keep-worktree",
    file: "src/app/engine/clean.ts",
    from: '    kept = await keepContent(engine, record, { worktree, adminDir, shadow: join(folder, "shadow") }, safe);\n',
    to: "",
    judge: tests("test/app/keep.test.ts", "given up"),
  },
  {
    name: "keep-branch",
    file: "src/app/engine/keep.ts",
    from: "  const kept = isSafe ? undefined : await keepWhole(engine, id, { ref, tip, reason, base });",
    to: "  const kept = isSafe || tip !== undefined ? undefined : await keepWhole(engine, id, { ref, tip, reason, base });",
    judge: tests("test/app/keep.test.ts", "worktree is gone"),
  },
  {
    name: "keep-branch-that-was-left",
    file: "src/app/runner/assess.ts",
    from: "    if (from !== undefined && !isOn && !(await isAncestor(repo, from, tip))) {",
    to: "    if (from === undefined && !isOn && !(await isAncestor(repo, from ?? tip, tip))) {",
    judge: tests("test/app/keep.test.ts", "without its branch"),
  },
  {
    name: "keep-ignored-files",
    file: "src/app/engine/keep.ts",
    from: "  if (kept.length === 0) return { tree, kept, left };",
    to: "  if (kept.length >= 0) return { tree, kept, left };",
    judge: commands("test/e2e/kept-ignored.test.ts"),
  },
  {
    name: "worktree-only-if-it-is-ours",
    file: "src/git/worktree.ts",
    from: '    if (dotGit !== undefined && resolve(worktree.adminDir, dotGit) !== join(worktree.path, ".git")) return;\n',
    to: "",
    judge: tests("test/git/worktree.test.ts"),
  },
];

const RECOVERIES: readonly Omit<Mutant, "kind">[] = [
  {
    name: "intent",
    file: "src/git/publish.ts",
    from: '  await effect("publish.intent", () => writeIntent(repo, intent));\n',
    to: "",
    judge: histories,
  },
  {
    name: "finish-landing-before-the-next",
    file: "src/app/engine/settle.ts",
    from: "    await recoverPublish(engine.repo);\n",
    to: "",
    judge: tests("test/app/keep.test.ts", "cut off"),
  },
  {
    name: "finish-landing-before-runs-are-taken-over",
    file: "src/app/engine/coordinator.ts",
    from: "orphans.length === 0 || (await this.#hands.recover())",
    to: "orphans.length >= 0 || (await this.#hands.recover())",
    judge: histories,
  },
  {
    name: "time-of-a-copied-index",
    file: "src/git/copy-index.ts",
    from: "  await setFileTime(to, Math.floor(stat.mtimeMs));\n",
    to: "",
    judge: tests("test/git/publish.test.ts", "same moment"),
  },
  {
    name: "undo-what-lost-the-race",
    file: "src/git/publish.ts",
    from: '  if (moved !== "moved") {\n    await undoPublish(repo, intent);\n',
    to: '  if (moved !== "moved") {\n',
    judge: tests("test/git/publish.test.ts"),
  },
  {
    name: "branch-of-a-cut-off-landing",
    file: "src/git/recover.ts",
    from: "  if (!isLocked && (await readRef(repo, ref)) === from) {",
    to: "  if (isLocked && (await readRef(repo, ref)) === from) {",
    judge: tests("test/git/recover.test.ts"),
  },
  {
    name: "files-of-a-cut-off-landing",
    file: "src/git/recover.ts",
    from: "    if (isForward) await bringForward(repo, intent, reached, lock);\n    else ",
    to: "    if (!isForward) ",
    judge: tests("test/git/recover.test.ts"),
  },
  {
    name: "file-that-was-cut-off",
    file: "src/git/bring-files.ts",
    from: "(await isAs(old)) || (await isAs(now)) || (await isBeginning(scene, path, found.mode, now))",
    to: "(await isAs(old)) || (await isAs(now))",
    judge: tests("test/git/recover.test.ts"),
  },
  {
    name: "stale-index-lock",
    file: "src/git/recover.ts",
    from: "    if (await removeStaleIndexLock(checkout.gitDir)) wasStale = true;\n",
    to: "",
    judge: tests("test/git/recover.test.ts"),
  },
  {
    name: "torn-objects-put-aside",
    file: "src/app/engine/after-loss.ts",
    from: "    await putAsideTorn(repo, places.torn, lookedMs - CLOCK_SLACK_MS);\n",
    to: "",
    judge: tests("test/app/after-loss.test.ts", "staged in a worktree"),
  },
  {
    name: "damaged-branch-back",
    file: "src/app/engine/mend-run.ts",
    from: "  for (const { ref, tip, back } of backs) await putBack(engine, record, { ref, tip }, back);\n",
    to: "",
    judge: tests("test/app/after-loss.test.ts", "goes back to the last commit"),
  },
  {
    name: "end-by-loss",
    file: "src/app/engine/mend-run.ts",
    from: '    await effect("runner.end", () => writeJson(file, endByLoss(record, damaged)));\n',
    to: "",
    judge: tests("test/app/after-loss.test.ts", "goes back to the last commit"),
  },
  {
    name: "committed-files-after-loss",
    file: "src/app/engine/mend-run.ts",
    from: "  if (isSound) await restoreCommitted(repo, shadow, worktree, commit);\n",
    to: "",
    judge: tests("test/app/after-loss.test.ts", "as its commit has it"),
  },
  {
    name: "doubt-after-loss",
    file: "src/app/engine/after-loss.ts",
    from: "      if (held !== undefined) await doubt(engine, mended, held);\n",
    to: "",
    judge: tests("test/app/after-loss.test.ts", "may have kept but a part"),
  },
  {
    name: "index-after-loss",
    file: "src/app/engine/mend-run.ts",
    from: '    await copyIndex(join(shadow.gitDir, "beside"), join(adminDir, "index"));\n',
    to: "",
    judge: tests("test/app/after-loss.test.ts", "staged in a worktree"),
  },
  {
    name: "landing-of-a-try-that-was-cut-off",
    file: "src/app/engine/settle.ts",
    from: "  const written = await Promise.all(batch.land.map((record) => asWritten(engine, record)));\n",
    to: "  const written = batch.land;\n",
    judge: tests("test/app/other-runs.test.ts", "had happened"),
  },
  {
    name: "landing-that-fails-alone",
    file: "src/app/engine/settle.ts",
    from: "    if (batch.land.length > 1) return oneByOne(engine, batch);\n",
    to: "",
    judge: tests("test/app/other-runs.test.ts", "fails each time"),
  },
  {
    name: "lost-content-taken-in",
    file: "src/git/lost-blobs.ts",
    from: '  return await takeIn(place, Buffer.from(lost.map((raw) => `${raw}\\0`).join(""), "latin1"));\n',
    to: "  return undefined;\n",
    judge: tests("test/git/facts.test.ts", "is gone"),
  },
  {
    name: "half-made-worktree",
    file: "src/app/engine/begin.ts",
    from: "    await undoWorktree(repo, record.run, record.worktree, record.branch, base);\n",
    to: "",
    judge: histories,
  },
  {
    name: "half-removed-admin-folder",
    file: "src/git/worktree.ts",
    from: "    await removeTree(ownAdminDir(repo, path, run));\n",
    to: "",
    judge: tests("test/git/worktree.test.ts"),
  },
  {
    name: "launch-that-nobody-takes",
    file: "src/app/engine/begin.ts",
    from: '  return (await claimLaunch(folder, record.launch, "void"))',
    to: "  return record.launch < 0",
    judge: histories,
  },
  {
    name: "landing-that-is-on-the-target-already",
    file: "src/app/engine/compute.ts",
    from: '  if (await hasLanded(engine, record, base, onto.commit)) return { kind: "landed_already" };\n',
    to: "",
    judge: histories,
  },
  {
    name: "finalize-in-the-record-before-the-swap",
    file: "src/app/engine/settle.ts",
    from: "    for (const { record, finalize } of plan.landed) await writeRecord(engine.places, { ...record, finalize });\n",
    to: "",
    judge: histories,
  },
  {
    name: "base-in-the-record-before-the-swap",
    file: "src/app/engine/settle.ts",
    from: "    for (const record of plan.started) await writeRecord(engine.places, record);\n  });",
    to: "  });",
    judge: histories,
  },
  {
    name: "let-go-of-lost-runs",
    file: "src/app/engine/coordinator.ts",
    from: "    await this.#runs.dropLost();\n",
    to: "",
    judge: tests("test/simulation/lost-runs.test.ts"),
  },
  {
    name: "let-go-of-another-run-of-the-spec",
    file: "src/app/engine/own-runs.ts",
    from: "now === undefined || now.run !== run || ",
    to: "now === undefined || ",
    judge: tests("test/simulation/lost-runs.test.ts"),
  },
  {
    name: "let-go-of-what-another-process-has",
    file: "src/app/engine/own-runs.ts",
    from: "now.run !== run || !this.#hands.isOwn(now)",
    to: "now.run !== run",
    judge: tests("test/simulation/lost-runs.test.ts"),
  },
  {
    name: "silent-start-of-a-lost-try",
    file: "src/app/engine/silent/plan.ts",
    from: "  for (const { id, spec: tried } of claims) {",
    to: "  for (const { id, spec: tried } of claims.slice(claims.length)) {",
    judge: tests(DEEP, "history 597"),
  },
  {
    name: "agent-that-goes-on-without-its-runner",
    file: "src/app/runner/agent-process.ts",
    from: "  if (identity !== undefined && isAlive(identity)) {",
    to: "  if (identity !== undefined && isAlive(identity) && launch < 0) {",
    judge: tests("test/app/end-agent.test.ts", "goes on without its runner"),
  },
];

const of = (kind: Kind, mutants: readonly Omit<Mutant, "kind">[]): readonly Mutant[] =>
  mutants.map((mutant) => ({ ...mutant, kind }));

export const MUTANTS: readonly Mutant[] = [
  ...of("fsync", FSYNCS),
  ...of("swap", SWAPS),
  ...of("lock", LOCKS),
  ...of("snapshot", SNAPSHOTS),
  ...of("recovery", RECOVERIES),
];
