interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
}

const KNOWN = new Set(
  "$schema title description default type const enum required properties additionalProperties items".split(
    " ",
  ),
);

/** Returns what in a value breaks a JSON Schema, by its path. Of the schema language it knows what chant's own use. */
export function schemaProblems(schema: object, value: unknown, path = "$"): readonly string[] {
  const unknown = Object.keys(schema).filter((key) => !KNOWN.has(key));
  if (unknown.length > 0) throw new Error(`the check does not know ${unknown.join(", ")}`);
  const { type, properties = {}, items, required = [], additionalProperties, ...rest } = schema as Schema;
  const problems: string[] = [];
  const types = type === undefined ? [] : [type].flat();
  if (types.length > 0 && !types.some((each) => isOf(each, value))) {
    problems.push(`${path} is no ${types.join(" or ")}`);
  }
  if ("const" in rest && rest.const !== value) problems.push(`${path} is not ${JSON.stringify(rest.const)}`);
  if (rest.enum !== undefined && !rest.enum.includes(value)) problems.push(`${path} is none of the allowed`);
  if (Array.isArray(value) && items !== undefined) {
    problems.push(...value.flatMap((item, at) => schemaProblems(items, item, `${path}[${at}]`)));
  }
  if (!isOf("object", value)) return problems;
  const map = value as Readonly<Record<string, unknown>>;
  problems.push(...required.filter((key) => !(key in map)).map((key) => `${path}.${key} is missing`));
  for (const [key, each] of Object.entries(map)) {
    const known = properties[key];
    if (known !== undefined) problems.push(...schemaProblems(known, each, `${path}.${key}`));
    else if (additionalProperties === false) problems.push(`${path}.${key} is not allowed`);
  }
  return problems;
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
