import { join } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { hasCode, makeFolder, readIfExists, writeAtomic } from "../host/files.ts";
import { KernelLock } from "../host/kernel-lock.ts";
import { userStateFolder } from "../host/user-folders.ts";

/**
 * A small file that all repositories of a user on this machine share, as JSON, changed by one process at a time. It is
 * for this user alone.
 */
export class UserState<T> {
  readonly #folder: string;
  readonly #path: string;
  readonly #parse: (value: unknown) => T;

  /** @param parse makes the best of whatever stands in the file; of undefined, what holds without a file */
  constructor(name: string, parse: (value: unknown) => T, folder = userStateFolder()) {
    this.#folder = folder;
    this.#path = join(folder, `${name}.json`);
    this.#parse = parse;
  }

  async read(): Promise<T> {
    const text = await readIfExists(this.#path);
    return this.#parse(text === undefined ? undefined : jsonOf(text));
  }

  /**
   * Puts another content in place of what is there; the same one leaves the file as it is.
   * @throws ChantError FILE_REFUSED where nothing can be written
   */
  async change<R>(work: (before: T) => Promise<{ readonly after: T; readonly result: R }>): Promise<R> {
    await makeFolder(this.#folder).catch((error: unknown) => {
      if (!hasCode(error, "EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST")) throw error;
      throw new ChantError("FILE_REFUSED", `The folder ${this.#folder} cannot be made.`, {
        hint: "It is for what all your repositories share. Name another one: XDG_STATE_HOME.",
        cause: error,
      });
    });
    using lock = new KernelLock(join(this.#folder, "lock.db"));
    return await lock.hold(async () => {
      const before = await this.read();
      const { after, result } = await work(before);
      if (after !== before) await writeAtomic(this.#path, `${JSON.stringify(after, undefined, 1)}\n`, 0o600);
      return result;
    });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
