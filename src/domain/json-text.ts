/** The longest text that is searched, in characters: the end of it, where answers stand. */
const SEARCH_LIMIT = 1024 * 1024;

/** How many characters may be read from braces that lead nowhere: what has more of them is no answer. */
const DEAD_END_LIMIT = 4 * SEARCH_LIMIT;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Finds the JSON object in what an agent said: alone, in a fenced block, or among other words. Of several the last that
 * `isMeant` says is it, else the last at all; undefined when there is none.
 */
export function jsonIn(text: string, isMeant: (value: JsonObject) => boolean): JsonObject | undefined {
  const searched = text.slice(-SEARCH_LIMIT);
  const whole = parsed(searched.trim());
  if (whole !== undefined) return whole;
  const inFences = fencedBlocks(searched).map((block) => parsed(block.trim()));
  const found = [...looseObjects(searched), ...inFences].filter((each) => each !== undefined);
  return found.findLast(isMeant) ?? found.at(-1);
}

/** Returns what stands between lines of the same backticks or tildes, in one pass over the lines. */
function fencedBlocks(text: string): readonly string[] {
  const blocks: string[] = [];
  let open: { readonly mark: string; readonly lines: string[] } | undefined;
  for (const line of text.split("\n")) {
    const mark = /^[ \t]*(`+|~+)/.exec(line)?.[1] ?? "";
    if (open === undefined) {
      if (mark.length >= 3) open = { mark, lines: [] };
    } else if (mark === open.mark && line.trim() === mark) {
      blocks.push(open.lines.join("\n"));
      open = undefined;
    } else open.lines.push(line);
  }
  return blocks;
}

/** Returns the objects that stand in a text, from the first brace of each to the one that closes it. */
function looseObjects(text: string): readonly JsonObject[] {
  const found: JsonObject[] = [];
  let inVain = 0;
  let at = text.indexOf("{");
  while (at >= 0 && inVain < DEAD_END_LIMIT) {
    const end = endOfObject(text, at);
    const value = end === undefined ? undefined : parsed(text.slice(at, end));
    if (value === undefined) inVain += (end ?? text.length) - at;
    else found.push(value);
    at = text.indexOf("{", end ?? at + 1);
  }
  return found;
}

function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  const marks = /["{}]|\\./gs;
  marks.lastIndex = start;
  let isInText = false;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    const [sign] = mark;
    if (sign === '"') isInText = !isInText;
    else if (!isInText && sign === "{") depth += 1;
    else if (!isInText && sign === "}" && (depth -= 1) === 0) return mark.index + 1;
  }
  return undefined;
}

function parsed(text: string): JsonObject | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return undefined;
  }
}
