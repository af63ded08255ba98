import { closest } from "../../kit/text.ts";
import { isBroken, type Spec } from "../spec.ts";
import { insteadOfSpecKey } from "../rust-chant.ts";
import { KNOWN_KEYS } from "../spec-front.ts";
import { type Finding, findingOf } from "./finding.ts";
import { fileOf, listUnder, type LintWorld, placeOf, readable } from "./world.ts";

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
    spec.unknownKeys
      .filter((key) => insteadOfSpecKey(key) === undefined && !isOwn(world, spec, key))
      .map((key) => {
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

/** Tells a key of the project's own: one that is derived by its configuration, or was. */
const isOwn = ({ ownKeys }: LintWorld, { text }: Spec, key: string): boolean =>
  ownKeys?.has(key) === true || listUnder(text, "derived_fields").includes(key);

/** Finds keys that the Rust chant read and this one does not. They are kept, and mean nothing. */
export const formerKeys = (world: LintWorld): readonly Finding[] =>
  readable(world.specs).flatMap((spec) =>
    spec.unknownKeys.flatMap((key) => {
      const instead = insteadOfSpecKey(key);
      const message = `"${key}" is a key of the Rust chant, and means nothing here.`;
      const hint = instead?.replaceAll(/\bID\b/g, spec.id);
      return hint === undefined
        ? []
        : [findingOf("former-key", placeOf(world, spec, key), [spec.id], message, hint)];
    }),
  );
