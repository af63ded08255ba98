import { git, type GitPlace } from "./program.ts";

/**
 * Takes files, by their paths with a NUL after each, into the index of a place. Returns why git could not, in its own
 * words, and undefined when it could. A git that found no memory or no room succeeds another time, so it is asked once
 * more; what really cannot be taken in is refused again. `before` comes before each try.
 */
export async function takeIn(
  place: GitPlace,
  paths: string | Uint8Array,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<string | undefined> {
  const args = ["update-index", "-z", "--add", "--remove", "--replace", "--stdin"];
  for (let isAgain = false; ; isAgain = true) {
    await before();
    const taken = await git(place, args, { input: paths, accept: [0, 1, 128] });
    if (taken.status === 0) return undefined;
    if (isAgain) return taken.stderr.trim().replaceAll(/^(fatal|error|hint): /gm, "");
  }
}
