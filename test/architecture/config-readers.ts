import { readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { type AgentConfig, type Config, configOf } from "../../src/domain/config.ts";
import { AGENT_FIELDS, CONFIG_FIELDS } from "../../src/domain/config-schema.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const CONFIG_FILE = join(ROOT, "src/domain/config.ts");
/** What makes, checks and shows the configuration reads every key, and proves nothing. */
const OWN = /\/src\/domain\/config[^/]*\.ts$/;

/** One key of the table, and the property of `Config` or `AgentConfig` that it becomes. */
interface KeyProperty {
  readonly key: string;
  readonly type: "Config" | "AgentConfig";
  readonly path: readonly string[];
}

/** Finds for each key of the table the property that it becomes, by what changes when the key has a value of its own. */
export function keyProperties(): readonly KeyProperty[] {
  const keys = Object.keys(CONFIG_FIELDS).map((key): KeyProperty => ({
    key,
    type: "Config",
    path: pathOf(key),
  }));
  const ofAgents = Object.keys(AGENT_FIELDS).map((key): KeyProperty => ({
    key: `agents.NAME.${key}`,
    type: "AgentConfig",
    path: [key.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())],
  }));
  return [...keys, ...ofAgents];
}

type Values = Parameters<typeof configOf>[0];

/** A mark in the place of each value: whatever is made of them carries it along, or is there because of it. */
const marks = new Map(Object.keys(CONFIG_FIELDS).map((key) => [key, `mark of ${key}`]));
const configWith = (values: ReadonlyMap<string, unknown>): Config =>
  configOf(Object.fromEntries(values) as unknown as Values, new Map<string, AgentConfig>());

function pathOf(key: string): readonly string[] {
  const whole = configWith(marks);
  const carried = findPath(whole, (value) => value === marks.get(key));
  if (carried !== undefined) return carried;
  const without = configWith(new Map([...marks, [key, undefined]]));
  const gone = findPath(whole, (_, path) => valueAt(without, path) === undefined);
  if (gone === undefined) throw new Error(`The key ${key} changes nothing in the config.`);
  return gone;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

function findPath(
  value: unknown,
  isFound: (value: unknown, path: readonly string[]) => boolean,
  path: readonly string[] = [],
): readonly string[] | undefined {
  if (isFound(value, path)) return path;
  if (!isObject(value) || value instanceof Map) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const found = findPath(inner, isFound, [...path, name]);
    if (found !== undefined) return found;
  }
  return undefined;
}

const valueAt = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value);

/**
 * Returns the properties that no source reads, tests and the configuration's own files left out.
 * @param edit changes the text of src/domain/config.ts before it is looked at
 */
export function unreadProperties(
  properties: readonly KeyProperty[],
  edit: (text: string) => string = (text) => text,
): readonly KeyProperty[] {
  const service = languageService(edit);
  return properties.filter((property) => {
    const place = declarationOf(service, property);
    const references =
      service.findReferences(place.file, place.offset)?.flatMap((found) => found.references) ?? [];
    return !references.some((found) => !OWN.test(found.fileName) && isRead(service, found));
  });
}

/** Tells a place that takes the value from one that declares the property, or gives it a value. */
function isRead(service: ts.LanguageService, { fileName, textSpan }: ts.ReferenceEntry): boolean {
  const source = service.getProgram()?.getSourceFile(fileName);
  const name = source === undefined ? undefined : nodeAt(source, textSpan.start);
  if (name === undefined) return false;
  const { parent } = name;
  if (ts.isPropertySignature(parent) || ts.isShorthandPropertyAssignment(parent)) return false;
  return !(ts.isPropertyAssignment(parent) && parent.name === name);
}

function nodeAt(node: ts.Node, offset: number): ts.Node | undefined {
  if (offset < node.getStart() || offset >= node.getEnd()) return undefined;
  return ts.forEachChild(node, (child) => nodeAt(child, offset)) ?? node;
}

function languageService(edit: (text: string) => string): ts.LanguageService {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => join(ROOT, "src", name));
  return ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => sources,
    getScriptVersion: () => "1",
    getScriptSnapshot: (path) => {
      const text = ts.sys.readFile(path);
      if (text === undefined) return undefined;
      return ts.ScriptSnapshot.fromString(path === CONFIG_FILE ? edit(text) : text);
    },
    getCurrentDirectory: () => ROOT,
    getDefaultLibFileName: (each) => ts.getDefaultLibFilePath(each),
    fileExists: (path) => ts.sys.fileExists(path),
    readFile: (path) => ts.sys.readFile(path),
    directoryExists: (path) => ts.sys.directoryExists(path),
    getDirectories: (path) => ts.sys.getDirectories(path),
  });
}

function declarationOf(
  service: ts.LanguageService,
  { key, type, path }: KeyProperty,
): { readonly file: string; readonly offset: number } {
  const program = service.getProgram();
  const source = program?.getSourceFile(CONFIG_FILE);
  const checker = program?.getTypeChecker();
  const holder = source?.statements.find(
    (statement): statement is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(statement) && statement.name.text === type,
  );
  if (checker === undefined || holder === undefined) throw new Error(`no interface ${type}`);
  let at: ts.Type = checker.getTypeAtLocation(holder);
  let symbol: ts.Symbol | undefined;
  for (const name of path) {
    symbol = checker.getNonNullableType(at).getProperty(name);
    if (symbol === undefined) throw new Error(`${key}: ${type} has no property ${path.join(".")}`);
    at = checker.getTypeOfSymbol(symbol);
  }
  const declaration = symbol?.declarations?.[0];
  if (declaration === undefined) throw new Error(`${key} is not declared`);
  const name = ts.getNameOfDeclaration(declaration) ?? declaration;
  return { file: declaration.getSourceFile().fileName, offset: name.getStart() };
}
