/** Sizes as people write and read them. A kilobyte has 1024 bytes. */

const UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

/** What a size looks like. */
export const SIZE_PATTERN = /^(?:0|\d{1,6}(?:\.\d{1,3})?\s?(?:[KkMmGg]?[Bb]))$/;

/** What `parseSize` takes, in words for an error. */
export const SIZE_WORDS = '0, or a number and a unit (B, KB, MB, GB), such as "50MB"';

/** Returns a size in bytes, or undefined when it is not written as one, such as `50MB`. */
export function parseSize(text: string): number | undefined {
  if (!SIZE_PATTERN.test(text)) return undefined;
  const unit = text.replace(/^[\d.\s]+/, "").toUpperCase();
  const power = Math.max(0, (UNITS as readonly string[]).indexOf(unit));
  return Math.round(Number.parseFloat(text) * 1024 ** power);
}

/** Returns a size as people say it: `340 B`, `3.2 KB`, `110 MB`. */
export function formatSize(bytes: number): string {
  let [left, power] = [bytes, 0];
  while (left >= 999.5 && power < UNITS.length - 1) {
    left /= 1024;
    power += 1;
  }
  const digits = power === 0 || left >= 99.95 ? 0 : 1;
  return `${left.toFixed(digits).replace(/\.0$/, "")} ${UNITS[power] ?? "B"}`;
}
