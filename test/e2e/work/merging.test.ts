import { expect, test } from "vitest";
import { chantOk } from "../../kit/chant.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import { expectNoTraces, statusOn } from "../../kit/traces.ts";

const A = "2026-01-02-001-aaa";

test("what the target took back stays back, also when the agent had merged it meanwhile", async () => {
  const script = `
echo changed >"$CHANT_HOME/shared.txt"
git -C "$CHANT_HOME" commit -q -a -m "Change"
git merge -q --no-edit main
git -C "$CHANT_HOME" revert --no-edit HEAD
${goodScript("one.txt")}`;
  await using repo = await tempProject({
    files: { "shared.txt": "start\n" },
    specs: { [A]: { title: "One", script } },
  });
  await chantOk(repo, ["work", A]);
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await repo.read("one.txt")).toBe("done\n");
  expect(await repo.read("shared.txt")).toBe("start\n");
  await expectNoTraces(repo);
});

test("what a person merged from the branch by hand and took back stays back", async () => {
  const script = `
echo early >early.txt
git add early.txt
git commit -q -m "Early work"
git -C "$CHANT_HOME" merge -q --no-ff -m "Merge early work" "$CHANT_BRANCH"
git -C "$CHANT_HOME" revert --no-edit -m 1 HEAD
${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  await chantOk(repo, ["work", A]);
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await repo.read("one.txt")).toBe("done\n");
  expect(repo.has("early.txt")).toBe(false);
  await expectNoTraces(repo);
});

test("the target's own attributes say how files merge, also those of a folder below", async () => {
  const script = `
printf 'top\\nfrom the agent\\n' >docs/changes.md
printf 'top\\nfrom the agent\\n' >docs/code.md
${goodScript("one.txt")}
cd "$CHANT_HOME"
printf 'top\\nfrom the target\\n' >docs/changes.md
git commit -q -a -m "On the target"`;
  await using repo = await tempProject({
    files: {
      ".gitattributes": "*.md merge=binary\n",
      "docs/.gitattributes": "/changes.md merge=union\n*.txt merge=custom\n",
      "docs/changes.md": "top\n",
      "docs/code.md": "top\n",
    },
    specs: { [A]: { title: "One", script } },
  });
  await chantOk(repo, ["work", A]);
  expect(await statusOn(repo, A)).toBe("completed");
  expect((await repo.read("docs/changes.md")).split("\n").toSorted()).toEqual([
    "",
    "from the agent",
    "from the target",
    "top",
  ]);
  expect(await repo.read("docs/code.md")).toBe("top\nfrom the agent\n");
  await expectNoTraces(repo);
});
