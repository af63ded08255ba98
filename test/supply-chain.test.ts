import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
}

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const readJson = (path: string): unknown => JSON.parse(read(path));

const { packages } = readJson("package-lock.json") as { packages: Record<string, Locked> };

test("every package of the lock file is named by its hash, and by no registry", () => {
  const installed = Object.entries(packages).filter(([path]) => path !== "");
  expect(installed.length).toBeGreaterThan(50);
  for (const [path, { integrity, resolved }] of installed) {
    expect(integrity, path).toMatch(/^sha512-/);
    expect(resolved, path).toBeUndefined();
  }
});

test("nothing is installed beside chant, and every version is exact", () => {
  const manifest = readJson("package.json") as Record<string, Record<string, string> | undefined>;
  expect(manifest["dependencies"]).toBeUndefined();
  expect(manifest["optionalDependencies"]).toBeUndefined();
  const wanted = Object.entries(manifest["devDependencies"] ?? {});
  expect(wanted.length).toBeGreaterThan(10);
  for (const [name, version] of wanted) expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
});

test("each dependency has a line that says why", () => {
  const page = read("docs/design/dependencies.md");
  const manifest = readJson("package.json") as { devDependencies: Record<string, string> };
  for (const name of Object.keys(manifest.devDependencies)) expect(page).toContain(`\`${name}\``);
});

test("the bill of materials names what is in the program, as the lock file has it", () => {
  interface Component {
    readonly name: string;
    readonly version: string;
    readonly hashes: readonly { readonly alg: string; readonly content: string }[];
  }
  const bill = readJson("dist/sbom.cdx.json") as { bomFormat: string; components: readonly Component[] };
  expect(bill.bomFormat).toBe("CycloneDX");
  const bundled = [...read("dist/THIRD-PARTY-NOTICES.txt").matchAll(/^(\S+) \d+\.\d+\.\d+ \(.+\)$/gm)];
  const hasExecutable = readdirSync(new URL("../dist", import.meta.url)).some((name) =>
    /^chant-\w+-\w+$/.test(name),
  );
  const names = [...bundled.map(([, name]) => name), ...(hasExecutable ? ["bun"] : [])];
  expect(bundled.length).toBeGreaterThan(1);
  expect(bill.components.map(({ name }) => name)).toEqual(names);
  for (const { name, version, hashes } of bill.components) {
    const locked = packages[`node_modules/${name}`];
    const digest = Buffer.from(hashes[0]?.content ?? "", "hex").toString("base64");
    expect([version, `sha512-${digest}`]).toEqual([locked?.version, locked?.integrity]);
  }
});

test("what the page of threats calls its proof is a test that there is", () => {
  const root = new URL("../", import.meta.url);
  const files = ["src", "test"].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" }).map(
      (name) => `${folder}/${name}`,
    ),
  );
  const page = read("docs/design/0016-threats.md");
  const proofs = [...page.matchAll(/`((?:src|test)\/[^`:]+\.test\.ts)`(?:: "([^"]+)")?/g)];
  expect(proofs.length).toBeGreaterThan(15);
  for (const [, file = "", title] of proofs) {
    expect(files).toContain(file);
    if (title !== undefined) expect(read(file), file).toContain(title);
  }
});
