import { watch } from "node:fs";

/** File events can be lost, so a look is taken at least this often, in milliseconds. */
const LOOK_MS = 50;

/**
 * Waits until `look` returns something other than undefined and false, and returns that. It looks whenever something
 * changes in one of the folders, and now and then.
 * @throws Error when `limitMs` pass without; the last error of `look`, if any, is its cause.
 */
export async function eventually<T>(
  what: string,
  folders: readonly string[],
  look: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 20_000,
): Promise<T> {
  const changes = new EventTarget();
  const watchers = folders.flatMap((folder) => {
    try {
      return [watch(folder, () => changes.dispatchEvent(new Event("change")))];
    } catch {
      return [];
    }
  });
  for (const watcher of watchers) watcher.on("error", () => watcher.close());
  const until = performance.now() + limitMs;
  let cause: unknown;
  try {
    while (performance.now() < until) {
      const { promise: changed, resolve: wake } = Promise.withResolvers<void>();
      const onChange = (): void => wake();
      changes.addEventListener("change", onChange);
      try {
        const found = await look();
        if (found !== undefined && found !== false) return found;
        cause = undefined;
      } catch (error) {
        cause = error;
      }
      let timer: NodeJS.Timeout | undefined;
      const looked = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, LOOK_MS);
      });
      await Promise.race([changed, looked]);
      clearTimeout(timer);
      changes.removeEventListener("change", onChange);
    }
  } finally {
    for (const watcher of watchers) watcher.close();
  }
  throw new Error(`Not within ${limitMs} ms: ${what}.`, { cause });
}
