import { doctor } from "../../app/doctor.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { doctorLines, doctorSummary } from "../doctor-text.ts";

export async function run(context: Context, flags: { readonly json?: boolean }): Promise<number> {
  const { terminal, cwd, env } = context;
  const checks = await doctor(await openWorkspace(cwd, env), await context.version(), env);
  if (flags.json === true) {
    printJson(context, checks);
  } else {
    terminal.out(
      doctorLines(checks)
        .map((line) => `${line}\n`)
        .join(""),
    );
    terminal.err(`${doctorSummary(checks)}\n`);
  }
  return checks.some(({ level }) => level === "broken") ? 1 : 0;
}
