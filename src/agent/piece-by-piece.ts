import type { AgentEvent } from "../domain/agent-event.ts";

type Events = readonly AgentEvent[];

/** Puts a message together that comes in pieces: its whole lines are told at once, the rest when more is known. */
export class PieceByPiece {
  #rest = "";

  take(piece: string): Events {
    const whole = this.#rest + piece;
    const cut = whole.lastIndexOf("\n") + 1;
    this.#rest = whole.slice(cut);
    return message(whole.slice(0, cut));
  }

  /** Tells what is left: something else comes. */
  rest(): Events {
    const text = this.#rest;
    this.#rest = "";
    return message(text);
  }
}

const message = (text: string): Events => (text === "" ? [] : [{ kind: "message", text }]);
