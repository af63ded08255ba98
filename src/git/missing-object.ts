/** An object that something of the repository names is not there, or cannot be read. */
export class MissingObject extends Error {
  constructor(name: string) {
    super(`git object ${name} is missing or damaged`);
  }
}
