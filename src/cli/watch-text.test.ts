import { expect, test } from "vitest";
import type { WatchStatus } from "../app/watch-control.ts";
import { watchStatusText } from "./watch-text.ts";

test("who takes over what nobody attends to: the watch that runs, or whoever is started", () => {
  const status: WatchStatus = { watches: [], unattended: ["001"], retries: [] };
  expect(watchStatusText(status, 0)).toBe(
    "No watch runs here.\nNobody attends to 001: chant watch or chant work takes over.",
  );
  const running = { pid: 7, version: "1.0.0", sinceMs: 0 };
  expect(watchStatusText({ ...status, running }, 3000)).toBe(
    "A watch runs since 3.0s: process 7, chant 1.0.0.\nNobody attends to 001: the watch takes over in a moment.",
  );
});
