/**
 * The core schema of YAML 1.2: what a plain scalar is when it is not text. These are the words and patterns of the
 * specification (10.3.2), and a law holds them to what the library does.
 */
const NULL = /^(?:~|[Nn]ull|NULL)?$/;
const TRUE = /^(?:[Tt]rue|TRUE)$/;
const FALSE = /^(?:[Ff]alse|FALSE)$/;
const DECIMAL = /^[-+]?[0-9]+$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const OCTAL = /^0o[0-7]+$/;
const HEXADECIMAL = /^0x[0-9a-fA-F]+$/;
const INFINITE = /^[-+]?\.(?:inf|Inf|INF)$/;
const NOT_A_NUMBER = /^\.(?:nan|NaN|NAN)$/;

/** Returns what a plain scalar stands for. */
export function resolvePlain(text: string): string | number | boolean | null {
  if (NULL.test(text)) return null;
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  // Most words end here: numbers begin with a sign, a point or a digit.
  if (!/^[-+.0-9]/.test(text)) return text;
  if (DECIMAL.test(text)) return Number.parseInt(text, 10);
  if (FLOAT.test(text)) return Number.parseFloat(text);
  if (OCTAL.test(text)) return Number.parseInt(text.slice(2), 8);
  if (HEXADECIMAL.test(text)) return Number.parseInt(text.slice(2), 16);
  if (INFINITE.test(text)) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return NOT_A_NUMBER.test(text) ? Number.NaN : text;
}

/**
 * What readers by the older YAML 1.1 take for something else: booleans such as `yes`, dates, numbers with underscores
 * or colons. A full timestamp is left plain: it is one, and tools that read it as one do right.
 */
const YAML_1_1 =
  /^(?:y|n|yes|no|on|off|[-+]?0b[01_]+|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:e[-+]?[0-9]+)?|[-+]?0x[0-9a-f_]+|\d{4}-\d{1,2}-\d{1,2}|=|<<)$/i;

/** Tells whether a text can be written plain in a block and come back as the same text. */
function canBePlain(text: string): boolean {
  return (
    !UNPRINTABLE.test(text) &&
    /^[^\s!"#%&'*,:>?@[\]`{|}~-]/.test(text) &&
    !/: | #|[\s:]$/.test(text) &&
    typeof resolvePlain(text) === "string" &&
    !YAML_1_1.test(text)
  );
}

/** Returns a scalar as YAML text on one line, in quotes only when it would not come back as it is otherwise. */
export function scalarText(value: string | number | boolean): string {
  if (typeof value === "string") return canBePlain(value) ? value : quoted(value);
  if (Object.is(value, -0)) return "-0";
  if (Number.isNaN(value)) return ".nan";
  if (value === Number.POSITIVE_INFINITY) return ".inf";
  return value === Number.NEGATIVE_INFINITY ? "-.inf" : String(value);
}

// What YAML forbids or folds, what others cannot see, and what turns the reading direction.
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}\ufeff\ufffe\uffff]/u;
const ALL_UNPRINTABLE = new RegExp(UNPRINTABLE, "gu");

/** JSON's escapes are YAML's too, but JSON leaves more characters as they are. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    ALL_UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
