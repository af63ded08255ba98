import { createHash } from "node:crypto";

/** Below the ports that systems give to outgoing connections, above those of common servers. */
const FIRST = 20_000;
const COUNT = 10_000;

/** A port that is promised to one holder, such as a run. */
export interface Lease {
  readonly port: number;
  readonly holder: string;
  /** It is over once none of these is there any more: whoever was to give it back may have been killed. */
  readonly while: readonly string[];
}

/** Returns the ports in the order in which a holder should try them: each begins elsewhere, and takes neighbours. */
export function* portsToTry(holder: string): Generator<number> {
  const start = createHash("sha256").update(holder).digest().readUInt32BE() % COUNT;
  for (let at = 0; at < COUNT; at += 1) yield FIRST + ((start + at) % COUNT);
}

/** Returns the ports that a holder has already, in their order, at most `count` of them. */
export const portsOf = (leases: readonly Lease[], holder: string, count: number): readonly number[] =>
  leases.flatMap((lease) => (lease.holder === holder ? [lease.port] : [])).slice(0, count);

/** Names each port as an agent and its setup see it: CHANT_PORT_1 and so on. */
export const portVariables = (ports: readonly number[]): Readonly<Record<string, string>> =>
  Object.fromEntries(ports.map((port, at) => [`CHANT_PORT_${at + 1}`, String(port)]));
