import { linesWithHeadings, markdownLines } from "./markdown.ts";

/** Returns the first `#` heading of a body outside code fences and comments, or undefined. */
export function titleOf(body: string): string | undefined {
  for (const { heading } of linesWithHeadings(body)) {
    if (heading?.level === 1 && heading.title !== "") return heading.title;
  }
  return undefined;
}

/** Returns the first fenced block under the heading "Script", without the fences and their indentation; undefined when there is none. */
export function scriptOf(body: string): string | undefined {
  if (!/^ {0,3}#+[ \t]+script/im.test(body)) return undefined;
  const section = startOfScript(body);
  if (section === undefined) return undefined;
  let script: string | undefined;
  let indent = 0;
  for (const line of markdownLines(body, section.from)) {
    if (line.start >= section.to) break;
    if (line.fence === "open") {
      script = "";
      indent = line.raw.length - line.raw.trimStart().length;
    } else if (line.fence === "inside") {
      script += `${line.raw.replace(new RegExp(`^[ \\t]{0,${indent}}`), "")}\n`;
    } else if (line.fence === "close") {
      break;
    }
  }
  return script;
}

function startOfScript(body: string): { readonly from: number; readonly to: number } | undefined {
  let from: number | undefined;
  let level = 0;
  for (const { line, heading } of linesWithHeadings(body)) {
    if (heading === undefined) continue;
    if (from !== undefined && heading.level <= level) return { from, to: line.start };
    if (from === undefined && /^script:?$/i.test(heading.title)) {
      from = line.start + line.raw.length;
      ({ level } = heading);
    }
  }
  return from === undefined ? undefined : { from, to: body.length };
}
