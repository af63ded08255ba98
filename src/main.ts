/** Runs one command and returns its exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  process.stderr.write(`chant does not know "${argv.join(" ")}" yet.\n`);
  return 2;
}
