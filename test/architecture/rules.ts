import { cruise, type ICruiseOptions, type ICruiseResult, type IForbiddenRuleType } from "dependency-cruiser";

/** What one room of src/ may import: other rooms, node's modules, and packages. */
interface Room {
  readonly name: string;
  readonly rooms: readonly string[];
  readonly node: "none" | "hash" | "free" | "all";
  readonly packages: readonly string[];
}

const UNDER_FACES = ["kit", "domain", "host", "store", "git", "agent"] as const;

/** Node's modules that touch nothing outside the process; the others are for `host` alone. */
const FREE = ["path", "crypto", "url", "util", "zlib"] as const;

const ROOMS: readonly Room[] = [
  { name: "kit", rooms: [], node: "none", packages: [] },
  { name: "domain", rooms: ["kit"], node: "hash", packages: [] },
  { name: "host", rooms: ["kit"], node: "all", packages: [] },
  { name: "store", rooms: ["kit", "domain", "host"], node: "free", packages: [] },
  { name: "git", rooms: ["kit", "domain", "host"], node: "free", packages: [] },
  {
    name: "agent",
    rooms: ["kit", "domain", "host"],
    node: "free",
    packages: ["@agentclientprotocol/sdk"],
  },
  { name: "app", rooms: UNDER_FACES, node: "free", packages: [] },
  { name: "cli", rooms: ["kit", "domain", "app"], node: "none", packages: ["@stricli/core"] },
  { name: "mcp", rooms: ["kit", "domain", "app"], node: "none", packages: [] },
  { name: "tui", rooms: ["kit", "domain", "app"], node: "none", packages: [] },
  { name: "web", rooms: ["kit", "domain", "app"], node: "none", packages: [] },
];

/** The only files that may import `yaml`, so that the rest of chant can change its parser. */
export const YAML_FILES = ["src/domain/front-matter-yaml.ts"] as const;

const IN_A_ROOM = new RegExp(`^src/(?:(?:bin|main)\\.ts$|(?:${ROOMS.map(({ name }) => name).join("|")})/)`);
const TESTS = String.raw`\.test\.tsx?$`;
const escaped = (text: string): string => text.replaceAll(/[.\\/]/g, String.raw`\$&`);
const packagePattern = (name: string): string => `^(?:node_modules/)?${escaped(name)}(?:/|$)`;
const freePattern = `^(?:node:)?(?:${FREE.join("|")})(?:/|$)`;

function allowedBy(room: Room): string[] {
  const rooms = [room.name, ...room.rooms].map((name) => `^src/${name}/`);
  const node =
    room.node === "free" ? [freePattern] : room.node === "hash" ? [String.raw`^(?:node:)?crypto$`] : [];
  return [...rooms, ...node, ...room.packages.map(packagePattern)];
}

function roomRule(room: Room): IForbiddenRuleType {
  return {
    name: `${room.name} imports only what its room allows`,
    severity: "error",
    from: { path: `^src/${room.name}/`, pathNot: [TESTS, ...YAML_FILES.map((file) => `^${escaped(file)}$`)] },
    to: {
      pathNot: allowedBy(room),
      ...(room.node === "all" ? { dependencyTypesNot: ["core"] } : {}),
    },
  };
}

const yamlRules = YAML_FILES.map((file): IForbiddenRuleType => {
  const room = ROOMS.find(({ name }) => file.startsWith(`src/${name}/`));
  if (room === undefined) throw new Error(`${file} is in no room`);
  return {
    name: `${file} imports only what its room allows, and yaml`,
    severity: "error",
    from: { path: `^${escaped(file)}$` },
    to: { pathNot: [...allowedBy(room), packagePattern("yaml")] },
  };
});

const RULES: IForbiddenRuleType[] = [
  ...ROOMS.map(roomRule),
  ...yamlRules,
  {
    // A type that a lazily loaded half takes from the half that loads it makes no cycle when the program runs.
    name: "no import cycles",
    severity: "error",
    from: { path: "^src/" },
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  {
    // Watch brings runs to their end; which specs are started is the business of `work` alone.
    name: "what carries runs does not choose what is started",
    severity: "error",
    from: { path: "^src/app/(?:engine/|watch)" },
    to: { path: "^src/app/work(?:-choice)?[.]ts$" },
  },
  {
    name: "every import is found",
    severity: "error",
    from: { path: "^src/" },
    to: { couldNotResolve: true },
  },
  {
    name: "tests test the sources",
    severity: "error",
    from: { path: ["^test/", TESTS] },
    to: { path: "^dist/" },
  },
];

const OPTIONS: ICruiseOptions = {
  ruleSet: { forbidden: RULES },
  validate: true,
  doNotFollow: { path: "node_modules" },
  // Imports of types count too: they tie rooms together just as well.
  tsPreCompilationDeps: true,
  // As Node resolves them: some packages have nothing but an `exports` with `import`.
  enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
};

export interface Finding {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

export interface Verdict {
  readonly findings: readonly Finding[];
  /** The modules of src/ that were read, without their tests. */
  readonly modules: readonly string[];
}

/** Holds the folders of `baseDir` against the rules of the rooms. */
export async function examine(baseDir: string, folders: readonly string[]): Promise<Verdict> {
  const { output } = await cruise([...folders], { ...OPTIONS, baseDir });
  if (typeof output === "string") throw new Error("dependency-cruiser answered in text");
  const result: ICruiseResult = output;
  const sources = result.modules.map(({ source }) => source).filter((source) => source.startsWith("src/"));
  const violations = result.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
  const homeless = sources.filter((source) => !IN_A_ROOM.test(source));
  return {
    findings: [...violations, ...homeless.map((from) => ({ rule: "every file is in a room", from, to: "" }))],
    modules: sources.filter((source) => !/\.test\.tsx?$/.test(source)),
  };
}
