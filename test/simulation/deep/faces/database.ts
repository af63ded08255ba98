import { systemError } from "../disk.ts";

/** `src/host/database.ts`: here the journal can never be written, and nothing may depend on it. */
export const Database = {
  open(path: string): never {
    throw systemError("EROFS", "open", path);
  },

  async openToRead(): Promise<undefined> {
    return undefined;
  },
};
