import { chmod, cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../kit/chant.ts";
import { TempRepo, tempRepo } from "../kit/temp-repo.ts";
import { expectNoTraces } from "../kit/traces.ts";

const FIXTURE = join(import.meta.dirname, "..", "fixtures", "rust-chant");
const DRIVER = "2026-01-22-001-x7m";
const APPROVED = "2026-01-22-003-ap1";
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
  await repo.write({
    "../config/chant/config.md": `---\nworktree: { root: ${JSON.stringify(repo.worktrees)} }\n---\n`,
  });
  await repo.commitAll("As the Rust chant left it");
  return {
    repo,
    env: { XDG_CONFIG_HOME: join(repo.root, "config"), SEEN: join(repo.root, "seen.txt") },
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
  expect(
    Object.fromEntries(listed.map(({ id, status, type }) => [id.slice(11), `${type ?? "-"} ${status}`])),
  ).toMatchInlineSnapshot();
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
  expect(await why("005-ip0")).not.toContain("gone");
  expect(await show("00e-un1")).toContain("broken");
  expect(await repo.status()).toBe("");
});

test("lint, config check and doctor name what means nothing here, and what is instead", async () => {
  await using project = await rustProject();
  const { repo, env } = project;
  const { stdout: found, status } = await chant(repo, ["lint"], { env });
  expect(status).toBe(1);
  expect(found).toMatchInlineSnapshot();
  const checked = await chant(repo, ["config", "check"], { env });
  expect(checked.status).toBe(0);
  expect(checked.stdout).toMatchInlineSnapshot();
  const seen = (await chant(repo, ["doctor"], { env })).stdout;
  expect(seen).toContain('"providers" is a key of the Rust chant');
  expect(seen).toContain('it starts agents: describe one under "agents"');
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
  // The approval has been used: an edit of what it was for is seen from now on.
  expect(after).toContain("spec_hash:");
});
