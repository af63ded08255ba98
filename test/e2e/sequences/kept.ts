import type { Sequence } from "./play.ts";

/** Sequences that once came to something else than the model says, as short as they could be made. */
export const KEPT: readonly (Sequence & { readonly name: string })[] = [
  {
    name: "work of a spec that was under way already is well when that lands",
    steps: [
      { do: "add", agent: "flaky" },
      { do: "work", ns: [] },
      { do: "decide", what: "resume", n: 0 },
      { do: "work", ns: [0] },
    ],
  },
  {
    name: "a box that was ticked in the checkout alone is empty after a reset",
    steps: [
      { do: "add", agent: "good" },
      { do: "decide", what: "start", n: 0 },
      { do: "tick", n: 0, box: 1 },
      { do: "decide", what: "reset", n: 0 },
      { do: "work", ns: [0] },
    ],
  },
  {
    name: "what waits for a person is not called busy when it cannot be started in the checkout",
    steps: [
      { do: "add", agent: "fails" },
      { do: "work", ns: [0] },
      { do: "decide", what: "start", n: 0 },
    ],
  },
  {
    name: "what is in progress is not called busy when it cannot be restored",
    steps: [
      { do: "add", agent: "block" },
      { do: "work", ns: [0] },
      { do: "decide", what: "restore", n: 0 },
    ],
  },
];
