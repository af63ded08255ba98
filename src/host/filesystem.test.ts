import { expect, test } from "vitest";
import { networkFilesystem } from "./filesystem.ts";

test("network filesystems are told from local ones by their type", () => {
  expect(networkFilesystem(0x6969)).toBe("NFS");
  // Node gives the number as it comes: CIFS has its highest bit set, and may arrive as a negative number.
  expect(networkFilesystem(0xff534d42 | 0)).toBe("CIFS");
  for (const local of [0xef53, 0x01021994, 0x9123683e, 0x58465342]) {
    expect(networkFilesystem(local)).toBeUndefined();
  }
});
