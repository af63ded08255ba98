import { spawn } from "node:child_process";

export interface InteractiveOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

const ignore = (): void => {};

/**
 * Runs a program that talks to the person at the terminal, and returns how it ended. While it runs, Ctrl-C and Ctrl-\
 * are its own: chant stays to see what it leaves.
 */
export async function runInteractive(
  file: string,
  args: readonly string[],
  { cwd, env }: InteractiveOptions,
): Promise<{ readonly status: number | undefined; readonly signal: string | undefined }> {
  process.on("SIGINT", ignore);
  process.on("SIGQUIT", ignore);
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(file, args, { cwd, env, stdio: "inherit" });
      child.once("error", reject);
      child.once("close", (status, signal) =>
        resolve({ status: status ?? undefined, signal: signal ?? undefined }),
      );
    });
  } finally {
    process.off("SIGINT", ignore);
    process.off("SIGQUIT", ignore);
  }
}
