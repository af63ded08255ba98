/**
 * A stand-in for an agent that speaks the Agent Client Protocol, written by its specification and without the SDK that
 * chant uses: sessions on disk, one tool that runs a command and asks before it does. What it does comes from
 * FAKE_ACP, as JSON: the commands, one list a prompt.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const { env } = process;
const folder = env["FAKE_ACP_FOLDER"] ?? ".";
/** @type {readonly (readonly string[])[]} */
const turns = JSON.parse(env["FAKE_ACP"] ?? "[]");
mkdirSync(folder, { recursive: true });

/** @param {object} message */
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
/** @param {string} session @param {object} update */
const tell = (session, update) => send({ method: "session/update", params: { sessionId: session, update } });
/** @param {string} session */
const fileOf = (session) => join(folder, `${session}.json`);
/** @type {(reply: any) => void} */
let answered = () => {};

// As programs do that start themselves again: what holds the pipes is not what was started.
if (env["FAKE_ACP_HELPER"] === "yes") {
  spawn("sleep", ["600"], { stdio: ["ignore", "inherit", "inherit"] }).unref();
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (text) => {
  const message = JSON.parse(text);
  if (message.method === undefined) answered(message.result);
  else void handle(message);
});

/** @param {any} message */
async function handle({ id, method, params }) {
  switch (method) {
    case "initialize":
      return send({
        id,
        result: {
          protocolVersion: params.protocolVersion,
          agentCapabilities: { loadSession: true },
          agentInfo: { name: "fake", version: "1" },
          authMethods: [],
        },
      });
    case "session/new": {
      if (env["FAKE_ACP_LOGIN"] === "no") {
        return send({ id, error: { code: -32_000, message: "Authentication required" } });
      }
      const session = `session-${process.pid}`;
      writeFileSync(fileOf(session), "[]");
      return send({ id, result: { sessionId: session } });
    }
    case "session/load": {
      if (!existsSync(fileOf(params.sessionId))) {
        return send({
          id,
          error: { code: -32_602, message: "Invalid params", data: { details: "no such session" } },
        });
      }
      const words = { sessionUpdate: "agent_message_chunk", content: { type: "text", text: "said before" } };
      tell(params.sessionId, words);
      return send({ id, result: {} });
    }
    case "session/prompt":
      return send({ id, result: await prompt(params) });
    default:
      return id === undefined
        ? undefined
        : send({ id, error: { code: -32_601, message: "Method not found" } });
  }
}

/** @param {any} params */
async function prompt({ sessionId, prompt: content }) {
  const past = JSON.parse(readFileSync(fileOf(sessionId), "utf8"));
  past.push(content[0].text);
  writeFileSync(fileOf(sessionId), JSON.stringify(past));
  let number = 0;
  for (const command of turns[past.length - 1] ?? []) {
    number += 1;
    const call = {
      toolCallId: `${past.length}-${number}`,
      title: command,
      kind: "execute",
      rawInput: { command },
    };
    tell(sessionId, { sessionUpdate: "tool_call", status: "pending", ...call });
    const options = [
      { optionId: "always", name: "Always", kind: "allow_always" },
      { optionId: "yes", name: "Yes", kind: "allow_once" },
      { optionId: "no", name: "No", kind: "reject_once" },
    ];
    const reply = await new Promise((resolve) => {
      answered = resolve;
      send({
        id: `ask-${number}`,
        method: "session/request_permission",
        params: { sessionId, toolCall: call, options },
      });
    });
    if (reply.outcome.optionId !== "yes") continue;
    spawnSync("/bin/sh", ["-c", command]);
    tell(sessionId, {
      sessionUpdate: "tool_call_update",
      toolCallId: call.toolCallId,
      status: "completed",
      content: [],
    });
  }
  for (const text of ["All ", "done.\n", "Bye"]) {
    tell(sessionId, { sessionUpdate: "agent_message_chunk", content: { type: "text", text } });
  }
  return { stopReason: "end_turn" };
}
