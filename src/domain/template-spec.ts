import type { FrontMatterChanges } from "./front-matter.ts";
import type { NewSpec, SpecType } from "./spec.ts";
import { isMap } from "./config-read.ts";
import type { Filled } from "./template-fill.ts";

/** The keys of a template's front matter that a new spec has a field of its own for. */
const FIELDS = new Set([
  "type",
  "labels",
  "depends_on",
  "target_files",
  "context",
  "prompt",
  "agent",
  "model",
  "priority",
]);

/**
 * Returns the spec that a filled template makes. What the command line says comes on top: lists are added to, anything
 * else is replaced.
 */
export function specOfTemplate(
  { title, body, front }: Filled,
  said: Omit<Partial<NewSpec>, "title">,
): NewSpec {
  const text = (key: string): string | undefined => {
    const value = front.get(key);
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  };
  const list = (key: string, more: readonly string[] = []): readonly string[] => {
    const value = front.get(key);
    const own = Array.isArray(value) ? value.map(String) : [text(key) ?? ""];
    return [...new Set([...own.filter((item) => item !== ""), ...more])];
  };
  const priority = Number(text("priority") ?? NaN);
  return {
    title,
    body,
    // Whether there is such a type is told when the spec is read.
    type: said.type ?? (text("type") as SpecType | undefined),
    labels: list("labels", said.labels),
    dependsOn: list("depends_on", said.dependsOn),
    targetFiles: list("target_files", said.targetFiles),
    context: list("context", said.context),
    prompt: said.prompt ?? text("prompt"),
    agent: said.agent ?? text("agent"),
    model: said.model ?? text("model"),
    priority: said.priority ?? (Number.isFinite(priority) ? priority : undefined),
    needsApproval: said.needsApproval,
    criteria: said.criteria,
    // Checked when the template was read: texts, numbers, switches, lists and flat maps of them. A map where none may be
    // is told when the spec is read.
    more: Object.fromEntries(
      [...front].filter(([key, value]) => !FIELDS.has(key) || isMap(value)),
    ) as FrontMatterChanges,
  };
}
