import { ChantError } from "../kit/errors.ts";
import { resumePrompt } from "../domain/prompt.ts";
import { saidIn } from "./json-lines.ts";
import { opencodeReader } from "./opencode-events.ts";
import { programOr } from "./program.ts";
import type { AgentCommand, AgentTask, Provider } from "./provider.ts";

/** What the endpoint of `base_url` is called in opencode's own configuration. */
const OWN_ENDPOINT = "chant";

type Asked = Pick<AgentTask, "agent" | "home" | "model">;

/**
 * opencode: one JSON object a line, the prompt on standard input. It names its session. With `base_url` it asks any
 * endpoint that speaks OpenAI's format, such as that of Ollama, without a configuration of its own.
 */
export const opencodeProvider: Provider = {
  name: "opencode",
  program: "opencode",
  traits: {
    verifiedWith: "1.18.33",
    canResume: true,
    tellsTokens: true,
    tellsCost: true,
    login: {
      variables: [],
      files: [{ variable: "XDG_DATA_HOME", folder: ".local/share", name: "opencode/auth.json" }],
    },
  },
  command(task) {
    const { resume } = task;
    const command = commandOf(task, resume?.session === undefined ? [] : ["-s", resume.session]);
    return resume?.session === undefined ? command : { ...command, prompt: resumePrompt(resume.missing) };
  },
  reader: opencodeReader,
  asking: {
    command: (question) => commandOf(question, []),
    answer: (output) => saidIn(opencodeReader(Date.now), output),
  },
};

function commandOf({ agent, home, model }: Asked, session: readonly string[]): AgentCommand {
  const { baseUrl } = agent;
  const name = baseUrl === undefined ? model : `${OWN_ENDPOINT}/${requireModel(model)}`;
  return {
    argv: [
      ...programOr({ agent, home }, "opencode"),
      "run",
      "--format",
      "json",
      // Nobody is there to be asked.
      "--auto",
      ...(name === undefined ? [] : ["-m", name]),
      ...session,
      ...(agent.flags ?? []),
    ],
    readsPrompt: true,
    files: [],
    env: {
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      ...(baseUrl === undefined
        ? {}
        : { OPENCODE_CONFIG_CONTENT: endpointConfig({ agent, model, baseUrl }) }),
    },
  };
}

function requireModel(model: string | undefined): string {
  if (model !== undefined) return model;
  throw new ChantError("AGENT_FAILED", "an agent with a base_url needs the name of a model there", {
    hint: "Name it as model: under the agent in .chant/config.md.",
  });
}

/** The key stays in the environment: what is written names only its variable. */
function endpointConfig({
  agent,
  model,
  baseUrl,
}: Pick<AgentTask, "agent" | "model"> & { readonly baseUrl: string }): string {
  const key = agent.keyEnv === undefined ? {} : { apiKey: `{env:${agent.keyEnv}}` };
  const endpoint = {
    npm: "@ai-sdk/openai-compatible",
    name: "chant",
    options: { baseURL: baseUrl, ...key },
    models: { [requireModel(model)]: {} },
  };
  const name = `${OWN_ENDPOINT}/${requireModel(model)}`;
  return JSON.stringify({ provider: { [OWN_ENDPOINT]: endpoint }, model: name, small_model: name });
}
