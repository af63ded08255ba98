import { self } from "./fs.ts";

/** `setTimeout` of `node:timers/promises`. */
export function setTimeout(
  delayMs: number,
  value?: unknown,
  options: { readonly signal?: AbortSignal } = {},
): Promise<unknown> {
  const process = self();
  const { signal } = options;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal?.aborted === true) return abort();
    signal?.addEventListener("abort", abort, { once: true });
    process.machine.after(process, delayMs, () => {
      signal?.removeEventListener("abort", abort);
      resolve(value);
    });
  });
}
