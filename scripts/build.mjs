/**
 * Builds dist/ from src/: chant.mjs with its chunks, for Node, and chant-OS-ARCH, an executable, with Bun.
 *
 *   node scripts/build.mjs              builds
 *   node scripts/build.mjs --if-stale   builds unless dist/ was made from exactly these sources
 *
 * Everything is written aside and renamed, so that a chant that starts meanwhile finds the old build or the new
 * one, whole. Chunks carry their hash in their name, and old ones stay for an hour for whoever still runs them.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = join(root, "dist");
const stampFile = join(dist, "stamp");
const executable = `chant-${platform()}-${arch()}`;
const bun = join(root, "node_modules", ".bin", "bun");
const ASIDE = ".aside-";
const NOTICES = "THIRD-PARTY-NOTICES.txt";
const SBOM = "sbom.cdx.json";
const OLD_MS = 60 * 60 * 1000;

/** Returns a hash over everything that the build reads, and the machine kind it builds for. */
async function hashOfInputs() {
  const hash = createHash("sha256").update(executable);
  const sources = (await readdir(join(root, "src"), { recursive: true }))
    .filter((name) => /\.(?:ts|tsx|json|md)$/.test(name) && !/\.test\.tsx?$/.test(name))
    .map((name) => join("src", name));
  for (const name of [
    ...sources,
    "package.json",
    "package-lock.json",
    "scripts/build.mjs",
    "tsconfig.json",
  ].toSorted()) {
    hash
      .update(`\0${name}\0`)
      .update(await readFile(join(root, name)))
      .update("\0");
  }
  return hash.digest("hex");
}

/** @param {string} hash */
async function isFresh(hash) {
  const stamped = await readFile(stampFile, "utf8").catch(() => "");
  return (
    stamped.trim() === hash &&
    existsSync(join(dist, "chant.mjs")) &&
    (existsSync(join(dist, executable)) || !existsSync(bun))
  );
}

/**
 * @param {string} into
 * @param {Record<string, string>} define
 */
async function bundleForNode(into, define) {
  const { build } = await import("rolldown");
  const { output } = await build({
    input: { chant: join(root, "src/bin.ts") },
    cwd: root,
    platform: "node",
    logLevel: "warn",
    transform: { target: "node22.13", define },
    output: {
      dir: into,
      format: "esm",
      minify: true,
      entryFileNames: "[name].mjs",
      chunkFileNames: "chunks/[name]-[hash].mjs",
      cleanDir: false,
    },
  });
  const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
  const inPackage = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
  const packages = [...new Set(modules.flatMap((id) => inPackage.exec(id)?.[0] ?? []))].toSorted();
  await writeFile(join(into, NOTICES), await noticesFor(packages));
  await writeFile(join(into, SBOM), await billOfMaterials(packages));
}

/** @param {string} path */
const readJson = async (path) => JSON.parse(await readFile(path, "utf8"));

/**
 * Returns what is in the program, as CycloneDX 1.6: the packages in the bundle, with the hashes of the lock file that
 * they were installed by, and the runtime inside of the executable.
 * @param {readonly string[]} packages
 */
async function billOfMaterials(packages) {
  const [manifest, lock] = [
    await readJson(join(root, "package.json")),
    await readJson(join(root, "package-lock.json")),
  ];
  const component = (/** @type {string} */ name, /** @type {string} */ scope) => {
    const { version, license, integrity } = lock.packages[`node_modules/${name}`];
    const [, algorithm = "", digest = ""] = /^(sha\d+)-(.+)$/.exec(integrity) ?? [];
    const hash = {
      alg: algorithm.replace("sha", "SHA-"),
      content: Buffer.from(digest, "base64").toString("hex"),
    };
    return {
      type: scope === "required" ? "library" : "framework",
      name,
      version,
      scope,
      hashes: [hash],
      licenses: [{ license: { id: license } }],
      purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    };
  };
  const names = await Promise.all(
    packages.map(async (folder) => (await readJson(join(folder, "package.json"))).name),
  );
  const components = names.map((name) => component(name, "required"));
  // Only the executable has it inside.
  if (existsSync(bun)) components.push(component("bun", "optional"));
  const chant = { type: "application", name: "chant", version: manifest.version };
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: chant },
    components,
  };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
}

/**
 * Returns the licenses of the packages whose code is in the bundle, as they ask for.
 * @param {readonly string[]} packages
 */
async function noticesFor(packages) {
  const notices = packages.map(async (folder) => {
    const { name, version, license } = await readJson(join(folder, "package.json"));
    const files = (await readdir(folder)).filter((file) => /^(?:licen[cs]e|notice)/i.test(file));
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join("\n\n");
  });
  return `chant contains code of these packages.\n\n${(await Promise.all(notices)).join("\n\n---\n\n")}\n`;
}

/**
 * Returns false, after a sentence, where Bun does not run: chant then runs on Node.
 * @param {string} into
 * @param {Record<string, string>} define
 */
async function compileWithBun(into, define) {
  if (!existsSync(bun)) {
    process.stderr.write("build: Bun is not installed for this machine; chant will run on Node.\n");
    return false;
  }
  await run(
    bun,
    [
      "build",
      "src/bin.ts",
      `--outfile=${join(into, executable)}`,
      ...Object.entries(define).map(([name, value]) => `--define=${name}=${value}`),
      // Bytecode and minified code halve the start.
      "--compile",
      "--bytecode",
      "--minify",
      // A start loads the parts that it needs, not the whole program: 4 ms instead of 12.
      "--splitting",
      // Most commands run for less than a second, and the others mostly wait: compiling what runs a few times costs more
      // than it saves. Ten times as many calls (5,000 instead of 500) saved a tenth of the time of whole runs (bench/); a
      // long transcript is still compiled.
      "--compile-jit-policy=10",
      "--format=esm",
      // It starts in folders that others write to: nothing there may change what it does.
      "--no-compile-autoload-dotenv",
      "--no-compile-autoload-bunfig",
      "--no-compile-autoload-tsconfig",
      "--no-compile-autoload-package-json",
    ],
    // Bun leaves a temporary file in its working directory when it is stopped half-way.
    { cwd: root },
  );
  await chmod(join(into, executable), 0o755);
  return true;
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string }} options
 */
async function run(command, args, { cwd }) {
  const child = spawn(command, [...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (/** @type {Buffer} */ bytes) => (output += bytes.toString()));
  child.stderr.on("data", (/** @type {Buffer} */ bytes) => (output += bytes.toString()));
  const status = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (status !== 0) throw new Error(`${command} ended with status ${String(status)}.\n${output}`);
}

/** Removes chunks that nobody runs any more, and what a build that was killed left. */
async function removeOld() {
  const chunks = (await readdir(join(dist, "chunks"))).map((name) => join(dist, "chunks", name));
  const asides = (await readdir(dist))
    .filter((name) => name.startsWith(ASIDE))
    .map((name) => join(dist, name));
  for (const path of [...chunks, ...asides]) {
    const made = await stat(path).catch(() => undefined);
    const isOld = made !== undefined && Date.now() - made.mtimeMs > OLD_MS;
    if (isOld) await rm(path, { recursive: true, force: true });
  }
}

/** Moves a finished build into place, what others lead to first. */
async function publish(/** @type {string} */ from) {
  const now = new Date();
  await mkdir(join(dist, "chunks"), { recursive: true });
  for (const name of await readdir(join(from, "chunks")).catch(() => [])) {
    await utimes(join(from, "chunks", name), now, now);
    await rename(join(from, "chunks", name), join(dist, "chunks", name));
  }
  for (const name of [NOTICES, SBOM, "chant.mjs", executable]) {
    if (existsSync(join(from, name))) await rename(join(from, name), join(dist, name));
  }
}

const hash = await hashOfInputs();
if (!process.argv.includes("--if-stale") || !(await isFresh(hash))) {
  const begun = performance.now();
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const define = { __CHANT_VERSION__: JSON.stringify(manifest.version) };
  const aside = join(dist, `${ASIDE}${process.pid}`);
  await mkdir(aside, { recursive: true });
  try {
    await Promise.all([bundleForNode(aside, define), compileWithBun(aside, define)]);
    await publish(aside);
    await removeOld();
    await writeFile(join(aside, "stamp"), `${hash}\n`);
    await rename(join(aside, "stamp"), stampFile);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  process.stderr.write(`build: dist/ is ready after ${((performance.now() - begun) / 1000).toFixed(1)} s.\n`);
}
