import { closest } from "../../kit/text.ts";
import { isBroken } from "../spec.ts";
import { KNOWN_KEYS } from "../spec-front.ts";
import { type Finding, findingOf } from "./finding.ts";
import { fileOf, type LintWorld, placeOf, readable } from "./world.ts";

/** Finds files that cannot be read as specs: they are shown as broken, and never worked. */
export const brokenSpecs = (world: LintWorld): readonly Finding[] =>
  [...world.specs.values()]
    .filter(isBroken)
    .map(({ id, line, column, message }) =>
      findingOf(
        "broken-spec",
        { file: fileOf(world, id), line, column },
        [id],
        `${message.replace(/\.$/, "")}.`,
        "Until it can be read, the spec is not worked, and chant does not write to it.",
      ),
    );

/** Finds keys of the front matter that chant does not know. They are kept, and mean nothing. */
export const unknownKeys = (world: LintWorld): readonly Finding[] =>
  readable(world.specs).flatMap((spec) =>
    spec.unknownKeys.map((key) => {
      const near = closest(key, KNOWN_KEYS);
      const hint = near === undefined ? undefined : `Did you mean "${near}"?`;
      return findingOf(
        "unknown-key",
        placeOf(world, spec, key),
        [spec.id],
        `There is no key "${key}".`,
        hint,
      );
    }),
  );
