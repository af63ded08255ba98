/**
 * A stand-in for Claude Code's command line: the flags that chant uses, its stream of JSON, its traps, over the model
 * that ANTHROPIC_BASE_URL names. What it prints was taken from version 2.1.329; its waits are shorter.
 */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

/**
 * @typedef {{ readonly type: string, readonly text?: string, readonly id?: string, readonly name?: string, readonly input?: any }} Part
 * @typedef {{ input: number, output: number, cached: number, cost: number }} Counter
 */

const COST_USD = 0.001;
const RETRY_MS = 20;

const { values: flags } = parseArgs({
  options: {
    print: { type: "boolean", short: "p" },
    "output-format": { type: "string" },
    verbose: { type: "boolean" },
    "session-id": { type: "string" },
    resume: { type: "string" },
    model: { type: "string", default: "claude-test-1" },
    "json-schema": { type: "string" },
    "permission-mode": { type: "string", default: "default" },
  },
});
const { env } = process;

/** @param {object} event */
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

/** @param {string} words @returns {never} */
function refuse(words) {
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

process.on("SIGINT", () => process.exit(0));
process.on("SIGTERM", () => process.exit(143));

if (flags["output-format"] !== "stream-json") refuse("Error: only stream-json is played here");
if (flags.verbose !== true) refuse("Error: --output-format=stream-json requires --verbose");
const mode = flags["permission-mode"];
if (mode === "bypassPermissions" && process.getuid?.() === 0 && env["IS_SANDBOX"] !== "1") {
  refuse("--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons");
}
const prompt = readFileSync(0, "utf8");
if (prompt.trim() === "") refuse("Error: Input must be provided through stdin or as a prompt argument");

const session = flags.resume ?? flags["session-id"] ?? randomUUID();
const folder = env["CLAUDE_CONFIG_DIR"] ?? refuse("Error: CLAUDE_CONFIG_DIR is not set");
const file = join(folder, `${session}.json`);
mkdirSync(folder, { recursive: true });
if (flags.resume === undefined && existsSync(file)) refuse(`Error: Session ID ${session} is already in use.`);

/** @type {{ cwd: string, counter: Counter, messages: object[] } | undefined} */
const memory =
  flags.resume === undefined
    ? { cwd: process.cwd(), counter: { input: 0, output: 0, cached: 0, cost: 0 }, messages: [] }
    : existsSync(file)
      ? JSON.parse(readFileSync(file, "utf8"))
      : undefined;
// A session is known only where it was begun.
if (memory === undefined || memory.cwd !== process.cwd()) {
  const words = `No conversation found with session ID: ${session}`;
  end({ subtype: "error_during_execution", is_error: true, errors: [words], modelUsage: {} });
  refuse(words);
}
const { messages } = memory;
const counter = { ...memory.counter };
/** @type {object[]} */
const denials = [];

let answer = "";
say({ type: "system", subtype: "init", cwd: process.cwd(), session_id: session, model: flags.model });
remember({ role: "user", content: prompt });
for (;;) {
  const message = await ask();
  remember({ role: "assistant", content: message.content });
  say({ type: "assistant", message, parent_tool_use_id: null, session_id: session });
  const uses = message.content.filter((/** @type {Part} */ part) => part.type === "tool_use");
  if (uses.length === 0) {
    answer = message.content.map((/** @type {Part} */ part) => part.text ?? "").join("");
    break;
  }
  for (const use of uses) remember({ role: "user", content: [runTool(use)] });
}
writeDown(counter);
end({
  subtype: "success",
  is_error: false,
  result: flags["json-schema"] === undefined ? answer : "Done.",
  permission_denials: denials,
  ...(flags["json-schema"] === undefined ? {} : { structured_output: JSON.parse(answer) }),
  ...usage(),
});
process.exit(0);

/** A session can be resumed however this process ends. @param {object} message */
function remember(message) {
  messages.push(message);
  writeDown(memory?.counter);
}

/** Its counter is brought up to date only by a process that says how it ended. @param {Counter} [count] */
function writeDown(count) {
  writeFileSync(file, JSON.stringify({ cwd: process.cwd(), counter: count, messages }));
}

function usage() {
  const { input, output, cached, cost } = counter;
  const model = { inputTokens: input, outputTokens: output, cacheReadInputTokens: cached, costBasis: "list" };
  return { total_cost_usd: cost, modelUsage: { [flags.model]: model } };
}

/** @param {object} result */
function end(result) {
  say({ type: "result", session_id: session, permission_denials: [], ...result });
}

/** Asks the model, again when it fails, and gives up as the program does: a "success" that is an error. */
async function ask() {
  const most = Number(env["CLAUDE_CODE_MAX_RETRIES"] ?? 10);
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(`${env["ANTHROPIC_BASE_URL"]}/v1/messages?beta=true`, {
      method: "POST",
      headers: { "x-api-key": env["ANTHROPIC_API_KEY"] ?? env["CLAUDE_CODE_OAUTH_TOKEN"] ?? "" },
      body: JSON.stringify({ model: flags.model, messages, stream: true }),
    });
    const text = await response.text();
    if (response.ok) return messageIn(text);
    const { type, message } = JSON.parse(text).error;
    const status = response.status;
    const resetsAt = Number(response.headers.get("anthropic-ratelimit-unified-reset"));
    const isLimit = status === 429 && env["CLAUDE_CODE_OAUTH_TOKEN"] !== undefined && resetsAt > 0;
    if (!isLimit && attempt <= most) {
      const wait = { attempt, max_retries: most, retry_delay_ms: RETRY_MS, error_status: status };
      say({ type: "system", subtype: "api_retry", ...wait, session_id: session });
      await new Promise((resolve) => {
        setTimeout(resolve, RETRY_MS);
      });
      continue;
    }
    const info = { status: "rejected", resetsAt, rateLimitType: "five_hour" };
    if (isLimit) say({ type: "rate_limit_event", rate_limit_info: info, session_id: session });
    const words = isLimit ? "You've hit your 5-hour limit" : `API Error: ${status} ${message}`;
    const error = { api_error_status: status, api_error_type: type };
    say({
      type: "assistant",
      message: { id: randomUUID(), model: "<synthetic>", content: [{ type: "text", text: words }] },
      is_api_error_message: true,
      ...error,
    });
    writeDown(counter);
    end({ subtype: "success", is_error: true, result: words, ...error, ...usage() });
    process.exit(1);
  }
}

/** Puts a message together from its stream, and counts it. @param {string} stream */
function messageIn(stream) {
  const events = [...stream.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json ?? "null"));
  const { message } = events.find((event) => event.type === "message_start");
  const content = events.flatMap((event) =>
    event.type === "content_block_start" ? event.content_block : [],
  );
  for (const { type, index, delta } of events) {
    if (type !== "content_block_delta") continue;
    if (delta.type === "text_delta") content[index].text += delta.text;
    else content[index].input = JSON.parse(delta.partial_json);
  }
  counter.input += message.usage.input_tokens;
  counter.output += message.usage.output_tokens;
  counter.cached += message.usage.cache_read_input_tokens;
  counter.cost += COST_USD;
  return { ...message, content };
}

/** Uses a tool as far as the mode allows, and returns what the model is told of it. @param {any} use */
function runTool({ id, name, input }) {
  const isAllowed = mode === "bypassPermissions" || (mode === "acceptEdits" && name === "Write");
  const told = { type: "tool_result", tool_use_id: id };
  if (!isAllowed) {
    denials.push({ tool_name: name, tool_use_id: id, tool_input: input });
    const words = `This ${name} use requires approval`;
    say({ type: "system", subtype: "permission_denied", tool_name: name, tool_use_id: id, message: words });
    say({ type: "user", message: { role: "user", content: [{ ...told, content: words, is_error: true }] } });
    return { ...told, content: words, is_error: true };
  }
  let content = "File created successfully";
  let result = {};
  if (name === "Write") {
    writeFileSync(input.file_path, input.content);
    result = { type: "create", filePath: input.file_path, content: input.content, structuredPatch: [] };
  } else {
    const { stdout, stderr } = spawnSync("/bin/sh", ["-c", input.command], { encoding: "utf8" });
    content = stdout + stderr;
    result = { stdout, stderr, interrupted: false };
  }
  say({
    type: "user",
    message: { role: "user", content: [{ ...told, content }] },
    parent_tool_use_id: null,
    tool_use_result: result,
  });
  return { ...told, content };
}
