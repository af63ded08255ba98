import { chmod, cp, mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../kit/chant.ts";
import { type TempRepo, tempRepo } from "../kit/temp-repo.ts";
import { expectNoTraces } from "../kit/traces.ts";

const FIXTURE = join(import.meta.dirname, "..", "fixtures", "rust-chant");
const DRIVER = "2026-01-22-001-x7m";
const APPROVED = "2026-01-22-003-ap1";
const HALF_DONE = "2026-01-22-005-ip0";
const ARCHIVED = "2026-01-20-003-old";

/** Does as its prompt says, in the way of the Rust chant: it edits the boxes by hand. */
const AGENT = `#!/bin/sh
prompt=$(cat)
printf '%s\\n' "$prompt" >>"$SEEN"
file=$(printf '%s' "$prompt" | grep -o '[.]chant/specs/[^ ]*[.]md' | head -n 1)
id=$(basename "$file" .md)
sed -i 's/- \\[ \\]/- [x]/' "$file"
echo "$id" >>done.txt
git add --all
git commit --quiet -m "chant($id): done"
echo '{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"Done.","session_id":"00000000-0000-4000-8000-000000000001","total_cost_usd":0,"usage":{"input_tokens":1,"output_tokens":1}}'
`;

interface Project extends AsyncDisposable {
  readonly repo: TempRepo;
  /** The user's own configuration, for the place of worktrees, and a place for what the agent has seen. */
  readonly env: NodeJS.ProcessEnv;
}

/** A repository as the Rust chant leaves it: not a byte of it is changed for the test. */
async function rustProject(): Promise<Project> {
  const repo = await tempRepo({ "README.md": "# Shop\n", "agent.sh": AGENT }, { commit: false });
  await cp(FIXTURE, repo.path, { recursive: true });
  await chmod(join(repo.path, "agent.sh"), 0o755);
  // The second agent of its list is the same program under another name, beside the repository.
  const bin = join(repo.root, "bin");
  await mkdir(bin);
  await symlink(join(repo.path, "agent.sh"), join(bin, "claude-alt1"));
  await repo.write({
    "../config/chant/config.md": `---\nworktree: { root: ${JSON.stringify(repo.worktrees)} }\n---\n`,
  });
  await repo.commitAll("As the Rust chant left it");
  return {
    repo,
    env: {
      XDG_CONFIG_HOME: join(repo.root, "config"),
      SEEN: join(repo.root, "seen.txt"),
      PATH: `${bin}:${repo.env["PATH"] ?? ""}`,
    },
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  };
}

interface Listed {
  readonly id: string;
  readonly status: string;
  readonly type?: string;
  readonly notReady?: { readonly kind: string };
}

test("a repository of the Rust chant is listed, shown and explained as it is, and stays as it is", async () => {
  await using project = await rustProject();
  const { repo, env } = project;
  const listed = await chantJson<readonly Listed[]>(repo, ["list", "--all"], { env });
  const files = await readdir(join(FIXTURE, ".chant/specs"));
  expect(listed.map(({ id }) => id).toSorted()).toEqual(files.map((name) => name.slice(0, -3)).toSorted());
  expect(Object.fromEntries(listed.map(({ id, status, type }) => [id.slice(11), `${type ?? "-"} ${status}`])))
    .toMatchInlineSnapshot(`
    {
      "001-x7m": "driver in_progress",
      "001-x7m.1": "code completed",
      "001-x7m.2": "code pending",
      "002-bl0": "task blocked",
      "003-ap1": "code pending",
      "004-ap2": "code pending",
      "005-ip0": "code in_progress",
      "006-fa1": "code failed",
      "007-na1": "code needs_attention",
      "008-pa1": "code paused",
      "009-ca1": "code cancelled",
      "00a-do1": "documentation completed",
      "00b-re1": "research pending",
      "00c-co1": "conflict pending",
      "00d-gr1": "group pending",
      "00d-gr1.1": "code pending",
      "00e-un1": "- broken",
    }
  `);
  const show = (id: string) => chantOk(repo, ["show", id], { env });
  const why = (id: string) => chantOk(repo, ["why", id], { env });
  // Archived by day, and in the folder itself.
  expect(await show(ARCHIVED)).toContain(`.chant/archive/2026-01-20/${ARCHIVED}.md (archived)`);
  expect(await show("001-anc")).toContain("(archived)");
  expect(await chantOk(repo, ["group", DRIVER], { env })).toContain(`${DRIVER}.2`);
  // One that was approved without a hash counts once; one that was not is waited for.
  expect(await show(APPROVED)).toContain("approved by ada, unbound: it counts for one start");
  expect(await why("004-ap2")).toContain("approve");
  // In progress without a run: a person's, and no agent is called gone.
  expect(await why(HALF_DONE)).toContain(`chant finalize ${HALF_DONE}`);
  expect(await why(HALF_DONE)).not.toContain("gone");
  expect(await show("00e-un1")).toContain("broken");
  expect(await repo.status()).toBe("");
});

test("lint, config check and doctor name what means nothing here, and what is instead", async () => {
  await using project = await rustProject();
  const { repo, env } = project;
  const { stdout: found, status } = await chant(repo, ["lint"], { env });
  expect(status).toBe(1);
  expect(found).toMatchInlineSnapshot(`
    ".chant/specs/2026-01-22-001-x7m.md:6:1: warning members-differ: "members" names 2026-01-22-001-x7m.9, which no file makes a member.
      hint: The names of the files alone make members, as 2026-01-22-001-x7m.1.md does. Take the key out, or mend it.
    .chant/specs/2026-01-22-005-ip0.md:3:1: warning in-progress-without-run: It is in progress, but no agent works on it.
      hint: Fine if you do, here in your checkout. When it is done: chant finalize 2026-01-22-005-ip0. If nobody does: chant reset 2026-01-22-005-ip0
    .chant/specs/2026-01-22-006-fa1.md:4:1: warning former-key: "retry_state" is a key of the Rust chant, and means nothing here.
      hint: Retries are counted with a run, and this one is over. Begin anew with: chant reset 2026-01-22-006-fa1
    .chant/specs/2026-01-22-00a-do1.md:7:1: warning former-key: "last_verified" is a key of the Rust chant, and means nothing here.
      hint: There is no later check here: what must hold is a criterion, and holds when the spec lands.
    .chant/specs/2026-01-22-00a-do1.md:8:1: warning former-key: "verification_status" is a key of the Rust chant, and means nothing here.
      hint: There is no later check here: what must hold is a criterion, and holds when the spec lands.
    .chant/specs/2026-01-22-00a-do1.md:9:1: warning former-key: "public" is a key of the Rust chant, and means nothing here.
      hint: chant makes no site: chant export writes what one can be made of.
    .chant/specs/2026-01-22-00b-re1.md:8:1: warning former-key: "schedule" is a key of the Rust chant, and means nothing here.
      hint: chant starts nothing by the clock: let cron run chant work 2026-01-22-00b-re1.
    .chant/specs/2026-01-22-00c-co1.md:4:1: warning former-key: "source_branch" is a key of the Rust chant, and means nothing here.
      hint: What a merge ran into is kept with the run itself: chant why 2026-01-22-00c-co1
    .chant/specs/2026-01-22-00c-co1.md:5:1: warning former-key: "target_branch" is a key of the Rust chant, and means nothing here.
      hint: What a merge ran into is kept with the run itself: chant why 2026-01-22-00c-co1
    .chant/specs/2026-01-22-00c-co1.md:6:1: warning former-key: "conflicting_files" is a key of the Rust chant, and means nothing here.
      hint: What a merge ran into is kept with the run itself: chant why 2026-01-22-00c-co1
    .chant/specs/2026-01-22-00c-co1.md:8:1: warning former-key: "blocked_specs" is a key of the Rust chant, and means nothing here.
      hint: What a merge ran into is kept with the run itself: chant why 2026-01-22-00c-co1
    .chant/specs/2026-01-22-00c-co1.md:9:1: warning former-key: "original_spec" is a key of the Rust chant, and means nothing here.
      hint: What a merge ran into is kept with the run itself: chant why 2026-01-22-00c-co1
    .chant/specs/2026-01-22-00e-un1.md:3:1: error broken-spec: "status" is "reviewing"; it must be one of in_progress, needs_attention, failed, paused, pending, completed, cancelled, ready, blocked.
      hint: Until it can be read, the spec is not worked, and chant does not write to it.
    "
  `);
  const checked = await chant(repo, ["config", "check"], { env });
  expect(checked.status).toBe(0);
  expect(checked.stdout).toMatchInlineSnapshot(`
    ".chant/config.md:9:3: warning: "defaults.split_model" is a key of the Rust chant, and has no effect here.
      hint: Say it when you split: chant split ID --model NAME, or give an agent a "model".
    .chant/config.md:10:3: warning: "defaults.main_branch" is a key of the Rust chant, and has no effect here.
      hint: A spec lands on the branch that is checked out when it starts.
    .chant/config.md:14:1: warning: "providers" is a key of the Rust chant, and has no effect here.
      hint: chant asks no model by itself, it starts agents: describe one under "agents".
    .chant/config.md:27:3: warning: "parallel.stagger_delay_ms" is a key of the Rust chant, and has no effect here.
      hint: Agents start as soon as a place is free; a rate limit is waited for, as watch.failure says.
    .chant/config.md:28:3: warning: "parallel.cleanup" is a key of the Rust chant, and has no effect here.
      hint: chant cleans up after what has landed, without an agent.
    "
  `);
  await repo.write({ ".chant/agents.md": "---\nparallel: { agents: [{ name: mine }] }\n---\n" });
  const seen = (await chant(repo, ["doctor"], { env })).stdout;
  expect(seen).toContain('"providers" is a key of the Rust chant');
  expect(seen).toContain('it starts agents: describe one under "agents"');
  expect(seen).toContain(".chant/agents.md is not read");
  expect(seen).toMatch(/retry_state.*in 1 spec/);
  expect(seen).toMatch(/members.*in 1 spec/);
  expect(await repo.status()).toBe("");
});

test("its specs are worked by its agent and its prompts, up to the driver; the rest stays byte for byte", async () => {
  await using project = await rustProject();
  const { repo, env } = project;
  const before = await repo.read(`.chant/specs/${APPROVED}.md`);
  const worked = await chant(repo, ["work", `${DRIVER}.2`, APPROVED, "00d-gr1.1"], { env });
  expect(worked).toMatchObject({ status: 0 });
  expect(worked.stderr).toMatch(/\d+ things in the configuration of the Rust chant have no effect here/);
  const statusOf = async (id: string): Promise<string | undefined> =>
    /^status: (.*)$/m.exec(await repo.git("show", `main:.chant/specs/${id}.md`))?.[1];
  expect(await statusOf(`${DRIVER}.2`)).toBe("completed");
  expect(await statusOf(DRIVER)).toBe("completed");
  expect(await statusOf("2026-01-22-00d-gr1")).toBe("completed");
  const after = await repo.read(`.chant/specs/${APPROVED}.md`);
  expect(after.replace("[x]", "[ ]")).toContain(before.slice(before.indexOf("---\n# ")));
  // What the file already had is there in its old form and order; what was added follows.
  expect(after).toMatch(
    /^---\ntype: code\nstatus: completed\napproval:\n {2}required: true\n {2}status: approved\n {2}by: ada\n/,
  );
  const driver = await repo.read(`.chant/specs/${DRIVER}.md`);
  expect(driver).toContain(`labels:\n- checkout\nmembers:\n- ${DRIVER}.1\n- ${DRIVER}.2\n- ${DRIVER}.9\n`);
  const prompts = await repo.read("../seen.txt");
  expect(prompts).toContain(`This is shop, and the spec is ${APPROVED}: **Raise the limit**`);
  expect(prompts).not.toContain("purpose:");
  expect(prompts).toContain("cat .chant/specs/2026-01-22-00d-gr1.1.md");
  await expectNoTraces(repo);
  // What was under way is a person's to finish: it is finalized only.
  await chantOk(repo, ["tick", HALF_DONE, "--all"], { env });
  await repo.commitAll("Finish it by hand");
  await chantOk(repo, ["finalize", HALF_DONE], { env });
  expect(await statusOf(HALF_DONE)).toBe("completed");
  // The approval has been used: an edit of what it was for is seen from now on.
  expect(after).toContain("spec_hash:");
});
