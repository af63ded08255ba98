import type {
  ClientContext,
  NewSessionRequest,
  RequestPermissionRequest,
  RequestPermissionResponse,
  SessionUpdate,
} from "@agentclientprotocol/sdk";
import { delay } from "../host/clock.ts";
import type { Piped } from "../host/piped.ts";
import { isObject } from "./json.ts";

/** What the client tells whoever reads its output, one object a line. */
export type AcpLine =
  | { readonly acp: "session"; readonly session?: string; readonly agent?: string }
  | { readonly acp: "update"; readonly update: SessionUpdate }
  | { readonly acp: "permission"; readonly title: string; readonly answer: "allowed" | "denied" }
  | { readonly acp: "asking"; readonly message: string }
  | { readonly acp: "waiting" }
  | { readonly acp: "end"; readonly reason: string; readonly usage?: unknown }
  | {
      readonly acp: "error";
      readonly message: string;
      readonly code?: number;
      readonly data?: unknown;
      /** The session to go on with is no more. */
      readonly isGone?: true;
    };

export interface AcpClient {
  readonly cwd: string;
  readonly prompt: string;
  readonly session?: string;
  readonly say: (line: AcpLine) => void;
  /** Answers for the person: true allows. */
  readonly mayUse: (title: string) => Promise<boolean>;
}

/** How long it may take until it is known how an agent ended whose pipes are closed, in milliseconds. */
const END_MS = 1_000;

/**
 * Leads one conversation with an agent: a session, new or loaded, one prompt, and its end. Returns the exit status: that
 * of an agent that a signal ended before its word, which is no word of its own.
 */
export async function converseByAcp(piped: Piped, client: AcpClient): Promise<number> {
  const acp = await import("@agentclientprotocol/sdk");
  const { methods } = acp;
  let isReplaying = false;
  const app = acp
    .client({ name: "chant" })
    .onRequest(methods.client.session.requestPermission, ({ params }) => answer(params, client))
    .onNotification(methods.client.session.update, ({ params }) => {
      // A session that is loaded tells all that was said in it before.
      if (!isReplaying) client.say({ acp: "update", update: params.update });
    });
  const talk = async (agent: ClientContext): Promise<boolean> => {
    const about = await agent.request(methods.agent.initialize, {
      protocolVersion: acp.PROTOCOL_VERSION,
      clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
      clientInfo: { name: "chant", version: "1" },
    });
    const canLoad = about.agentCapabilities?.loadSession === true;
    const place: NewSessionRequest = { cwd: client.cwd, mcpServers: [] };
    let { session } = client;
    if (session === undefined) {
      session = (await agent.request(methods.agent.session.new, place)).sessionId;
    } else {
      isReplaying = true;
      try {
        await agent.request(methods.agent.session.load, { ...place, sessionId: session });
      } catch (error) {
        client.say({ ...errorLine(error), isGone: true });
        return false;
      }
      isReplaying = false;
    }
    const name = about.agentInfo?.name;
    client.say({
      acp: "session",
      // One that cannot be loaded is no session to go on with.
      ...(canLoad ? { session } : {}),
      ...(name === undefined ? {} : { agent: name }),
    });
    const reply = await agent.request(methods.agent.session.prompt, {
      sessionId: session,
      prompt: [{ type: "text", text: client.prompt }],
    });
    const usage = "usage" in reply ? { usage: reply.usage } : {};
    client.say({ acp: "end", reason: reply.stopReason, ...usage });
    return reply.stopReason === "end_turn";
  };
  const gone = piped.ended.then((status): never => {
    throw new Error(`the agent ended before it had answered (exit code ${status})`);
  });
  try {
    const talked = app.connectWith(acp.ndJsonStream(piped.input, piped.output), talk);
    return (await Promise.race([talked, gone])) ? 0 : 1;
  } catch (error) {
    const status = await Promise.race([piped.ended, delay(END_MS).then(() => 0)]);
    if (status > 128) return status;
    client.say(errorLine(error));
    return 1;
  } finally {
    gone.catch(() => undefined);
    await piped.close();
  }
}

/** Chooses the option that gives the least of what was decided: once, rather than for always. */
async function answer(
  { toolCall, options }: RequestPermissionRequest,
  client: AcpClient,
): Promise<RequestPermissionResponse> {
  const title = toolCall.title ?? toolCall.kind ?? "a tool";
  const isAllowed = await client.mayUse(title);
  client.say({ acp: "permission", title, answer: isAllowed ? "allowed" : "denied" });
  const wanted = isAllowed ? ["allow_once", "allow_always"] : ["reject_once", "reject_always"];
  const option = wanted.flatMap((kind) => options.find((each) => each.kind === kind) ?? [])[0];
  return {
    outcome:
      option === undefined ? { outcome: "cancelled" } : { outcome: "selected", optionId: option.optionId },
  };
}

function errorLine(error: unknown): AcpLine & { readonly acp: "error" } {
  const message = error instanceof Error ? error.message : String(error);
  if (!isObject(error)) return { acp: "error", message };
  const { code, data } = error;
  return {
    acp: "error",
    message,
    ...(typeof code === "number" ? { code } : {}),
    ...(data === undefined ? {} : { data }),
  };
}
