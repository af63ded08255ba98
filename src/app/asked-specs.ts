import { isMemberOf, resolveId, type SpecId } from "../domain/id.ts";
import { isBroken } from "../domain/spec.ts";
import { ChantError } from "../kit/errors.ts";
import { openMembers, type SpecWorld } from "./engine/world.ts";

/** What was asked for: some specs by name, and all members of some drivers, those included that are added later. */
export interface Asked {
  /** Nothing was named: every spec. */
  readonly isAll: boolean;
  readonly ids: ReadonlySet<SpecId>;
  readonly drivers: readonly SpecId[];
}

/** Tells whether a spec is a member of a driver that was asked for. */
export const isUnder = ({ drivers }: Asked, id: SpecId): boolean =>
  drivers.some((each) => isMemberOf(id, each));

export const isAsked = (asked: Asked, id: SpecId): boolean =>
  asked.isAll || asked.ids.has(id) || isUnder(asked, id);

/**
 * Reads the words of the user: a driver with open members stands for them.
 * @throws ChantError SPEC_UNKNOWN, SPEC_AMBIGUOUS, SPEC_BROKEN
 */
export function askedFor(world: SpecWorld, parts: readonly string[]): Asked {
  const all = parts.map((part) => requireReadable(world, resolveId(part, world.shown.keys())));
  const drivers = all.filter((id) => openMembers(world, id).length > 0);
  const ids = new Set(all.filter((id) => !drivers.includes(id)));
  return { isAll: parts.length === 0, ids, drivers };
}

function requireReadable(world: SpecWorld, id: SpecId): SpecId {
  const spec = world.shown.get(id);
  if (spec === undefined || !isBroken(spec)) return id;
  throw new ChantError(
    "SPEC_BROKEN",
    `${id} cannot be read: line ${spec.line}, column ${spec.column}: ${spec.message}`,
    {
      hint: `Mend .chant/specs/${id}.md, then try again. Nothing was started.`,
    },
  );
}
