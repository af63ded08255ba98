import { createHash } from "node:crypto";
import { self } from "./fs.ts";

/* The part of `node:crypto` that chant uses; chance comes from the seed. */
export { createHash };

export const randomBytes = (length: number): Buffer => Buffer.from(self().machine.hex(length), "hex");

export const randomInt = (limit: number): number => self().machine.below(limit);

export function randomUUID(): string {
  const hex = self().machine.hex(16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
