/** Draws that a seed repeats. */
export interface Random {
  /** From 0 up to, not including, 1. */
  readonly next: () => number;
  /** A whole number from 0 up to, not including, `below`. */
  readonly below: (below: number) => number;
  readonly pick: <T>(of: readonly T[]) => T;
}

/** Returns the draws of a seed (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (of) => {
      if (of.length === 0) throw new RangeError("there is nothing to pick from");
      return of[below(of.length)] as (typeof of)[number];
    },
  };
}

/** Returns the seed of the environment, else a new one, and a number of the environment with its default. */
export const seedOf = (name: string): number => Number(process.env[name] ?? Date.now() % 1_000_000_007);
export const numberOf = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

/**
 * Returns all items in an order of the seed's, whose first `count` are spread evenly over them: one out of each of so many
 * equal parts. The others follow.
 */
export function evenly<T>(random: Random, items: readonly T[], count: number): readonly T[] {
  const parts = Math.max(1, Math.min(count, items.length));
  const start = (part: number): number => Math.floor((part * items.length) / parts);
  const first = Array.from(
    { length: parts },
    (_, part) => start(part) + random.below(Math.max(1, start(part + 1) - start(part))),
  );
  const left = items.map((_, at) => at).filter((at) => !first.includes(at));
  const others = left.map(() => left.splice(random.below(left.length), 1)).flat();
  return [...first, ...others].flatMap((at) => items.slice(at, at + 1));
}

/** Draws so many, evenly over all items but in no order; an item more than once only where there are fewer. */
export function drawn<T>(random: Random, items: readonly T[], count: number): readonly T[] {
  const every = evenly(random, items, count).slice(0, count);
  const left = [...every];
  const mixed = every.map(() => left.splice(random.below(left.length), 1)).flat();
  return count <= items.length || items.length === 0
    ? mixed
    : [...mixed, ...drawn(random, items, count - items.length)];
}
