import { dvcCommands } from "./commands.ts";

const examples = [
  ["gyre dvc add data/raw", "keep a folder in the cache, and data/raw.dvc in Git"],
  ["gyre dvc repro", "run the stages whose inputs changed, those that can at the same time"],
  ["gyre dvc status", "what changed since dvc.lock was written"],
  ["gyre dvc push", "send what the cache holds to the remote"],
] as const;

/** What `gyre dvc --help` says. */
export function overviewOfDvc(): string {
  const width = Math.max(...examples.map(([command]) => command.length));
  const lines = examples.map(([command, what]) => `  ${command.padEnd(width)}   ${what}`);
  return `Examples:
${lines.join("\n")}

${usageOfDvc}

DVC's verbs on the repository in place: ${Object.keys(dvcCommands).join(", ")}.
Each takes DVC's own arguments; gyre dvc COMMAND --help lists them.`;
}

/** What a call that was wrong is told. */
export const usageOfDvc = "usage: gyre dvc [-h] [-q | -v] [--cd <path>] COMMAND ...";
