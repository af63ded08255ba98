import type { SpecId } from "./id.ts";
import type { ProposedMember } from "./proposal.ts";
import { newSpecText } from "./spec.ts";

/** A proposed member with those that it is split into itself. */
export interface ProposedTree extends ProposedMember {
  readonly members: readonly ProposedTree[];
}

/** A member as it is to be written. */
export interface PlannedMember {
  readonly id: SpecId;
  readonly title: string;
  readonly criteria: readonly string[];
  readonly dependsOn: readonly SpecId[];
  readonly targetFiles: readonly string[];
  /** The whole file. */
  readonly text: string;
}

/** Returns the files of proposed members, each before its own: `ID.1`, `ID.1.1`, `ID.2`. Siblings are named by their ids. */
export function planMembers(driver: SpecId, members: readonly ProposedTree[]): readonly PlannedMember[] {
  return members.flatMap((member, at) => {
    const id = `${driver}.${at + 1}`;
    const { title, description, criteria, targetFiles } = member;
    const dependsOn = member.dependsOn.map((number) => `${driver}.${number}`);
    const text = newSpecText({ title, body: description, criteria, targetFiles, dependsOn });
    return [
      { id, title: title.trim(), criteria, dependsOn, targetFiles, text },
      ...planMembers(id, member.members),
    ];
  });
}
