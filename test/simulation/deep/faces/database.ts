import { systemError } from "../disk.ts";

/** `src/host/database.ts`: here the journal can never be written, and nothing may depend on it. */
export class Database {
  static open(path: string): never {
    throw systemError("EROFS", "open", path);
  }

  static async openToRead(): Promise<undefined> {
    return undefined;
  }
}
