/**
 * Start of the program. It imports nothing statically: `--version` must not pay for the rest, and a Node that
 * is too old must meet one sentence instead of a stack trace from a module it does not have.
 */

/** The version, put in by the build; absent when chant runs from its sources. */
declare const __CHANT_VERSION__: string | undefined;

const FLOOR = [22, 13] as const;

async function versionFromPackage(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const parsed: unknown = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  if (
    typeof parsed === "object" &&
    parsed !== null &&
    "version" in parsed &&
    typeof parsed.version === "string"
  ) {
    return parsed.version;
  }
  throw new Error("package.json has no version");
}

function isRuntimeTooOld(): boolean {
  if (process.versions["bun"] !== undefined) return false;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major < FLOOR[0] || (major === FLOOR[0] && minor < FLOOR[1]);
}

/** Keeps Node 22's warning about `node:sqlite` off the user's terminal; every other warning still shows. */
function silenceSqliteWarning(): void {
  const emitWarning = process.emitWarning.bind(process) as (...args: readonly unknown[]) => void;
  process.emitWarning = (...args: readonly unknown[]): void => {
    if (args[1] === "ExperimentalWarning" && String(args[0]).startsWith("SQLite ")) return;
    emitWarning(...args);
  };
}

async function ownVersion(): Promise<string> {
  return typeof __CHANT_VERSION__ === "string" ? __CHANT_VERSION__ : await versionFromPackage();
}

async function start(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-v")) {
    const version = await ownVersion();
    // Bun makes process.stdout only for whoever asks, which would double the time of this start.
    // oxlint-disable-next-line no-console
    console.log(version);
    return 0;
  }
  if (isRuntimeTooOld()) {
    process.stderr.write(
      `chant needs Node ${FLOOR.join(".")} or later, and this is Node ${process.versions.node}; nothing was done. Install a newer Node.\n`,
    );
    return 1;
  }
  silenceSqliteWarning();
  const { main } = await import("./main.ts");
  return main(argv, ownVersion);
}

process.exitCode = await start(process.argv.slice(2));
