import { expect, test } from "vitest";
import { Painter } from "./painter.ts";
import type { Terminal } from "./context.ts";

// oxlint-disable-next-line no-control-regex
const WRITTEN = /\u001b\[(\d+)A|(\u001b\[J)|(\r)|([\s\S])/g;

/** A terminal that understands what a painter writes, wraps lines, and flows them anew when its width changes. */
class Screen implements Pick<Terminal, "err" | "size"> {
  width: number;
  /** Whole lines as written; a terminal wraps them only for showing. */
  #lines: string[] = [""];
  /** The line that the cursor is in. */
  #at = 0;

  constructor(width: number) {
    this.width = width;
  }

  size(): { width: number; height: number } {
    return { width: this.width, height: 24 };
  }

  err(text: string): void {
    for (const [, up, clear, enter, character] of text.matchAll(WRITTEN)) {
      if (up !== undefined) this.#up(Number(up));
      else if (clear !== undefined) this.#lines = [...this.#lines.slice(0, this.#at), ""];
      else if (character === "\n") {
        this.#at += 1;
        this.#lines[this.#at] ??= "";
      } else if (enter === undefined) this.#lines[this.#at] += character ?? "";
    }
  }

  #up(rows: number): void {
    for (
      let left = rows;
      left > 0;
      left -= Math.max(1, Math.ceil((this.#lines[this.#at]?.length ?? 0) / this.width))
    ) {
      this.#at -= 1;
      if (this.#at < 0) throw new Error("the cursor left the screen");
    }
  }

  get text(): string {
    return this.#lines.join("\n");
  }
}

const painterOn = (screen: Screen): Painter => new Painter(screen as unknown as Terminal);

test("lines are painted in the place of the last ones, below what stays", () => {
  const screen = new Screen(40);
  screen.err("before\n");
  const painter = painterOn(screen);
  painter.paint(["bar", "one", "two"]);
  painter.paint(["bar 2", "two"], "one landed\n");
  expect(screen.text).toBe("before\none landed\nbar 2\ntwo\n");
  painter.paint([], "two landed\n");
  expect(screen.text).toBe("before\none landed\ntwo landed\n");
});

test("after the terminal became narrower nothing of the old lines is left", () => {
  const screen = new Screen(40);
  screen.err("before\n");
  const painter = painterOn(screen);
  painter.paint(["x".repeat(39), "y".repeat(25), ""]);
  screen.width = 10;
  painter.paint(["short"]);
  expect(screen.text).toBe("before\nshort\n");
});
