import { escapeTerminal, plural } from "../kit/text.ts";
import type { SplitProposal } from "../app/split.ts";
import type { PlannedMember } from "../domain/split-plan.ts";

/** Returns a proposal as lines: what each member is to be, members of members indented. */
export function proposalLines({ id, title, agent, members }: SplitProposal): readonly string[] {
  const head = `${id}  ${escapeTerminal(title)}: ${plural(members.length, "member")} proposed by ${agent}`;
  return [head, ...members.flatMap((member) => memberLines(id, member))];
}

function memberLines(
  driver: string,
  { id, title, criteria, dependsOn, targetFiles }: PlannedMember,
): readonly string[] {
  const indent = "  ".repeat(id.slice(driver.length).split(".").length - 2);
  const lines = [
    `${id}  ${escapeTerminal(title)}`,
    ...criteria.map((each) => `  - ${escapeTerminal(each)}`),
    ...(dependsOn.length === 0 ? [] : [`  after ${dependsOn.join(", ")}`]),
    ...(targetFiles.length === 0 ? [] : [`  in ${escapeTerminal(targetFiles.join(", "))}`]),
  ];
  return ["", ...lines.map((line) => indent + line)];
}
