import { Command } from "commander";

import { paintedHelp } from "../../src/cli/help.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { verbs } from "../../src/cli/verbs.ts";
import { generatedNote, table } from "./markdown.ts";

const exitCodes = [
  ["0", "done"],
  ["1", "it failed"],
  ["2", "the call was wrong"],
  ["3", "refused by a gate or a permission"],
  ["4", "not found"],
  ["5", "a step of the pipeline failed"],
];

const plainTerminal: Terminal = {
  wantsJson: false,
  isInteractive: false,
  print: () => {},
  printJson: () => {},
  say: () => {},
  complain: () => {},
  heard: async () => {},
  paint: (_paint, text) => text,
  paintSaid: (_paint, text) => text,
};

/** The page of every command, with the very text that `--help` prints. */
export async function renderCommandLine(): Promise<string> {
  let printed = "";
  const program = new Command("gyre")
    .configureHelp(paintedHelp(plainTerminal))
    .configureOutput({ writeOut: (text) => (printed += text), getOutHasColors: () => false });
  for (const verb of verbs) await verb.register(program, plainTerminal);
  const helpOf = (command: Command): string => {
    printed = "";
    command.outputHelp();
    return printed.trim();
  };
  const sections = program.commands.flatMap((command) =>
    sectionsOf(command, `gyre ${command.name()}`, helpOf),
  );
  return `${[
    "# The command line",
    generatedNote,
    `Data goes to stdout, everything said about it to stderr. Every command takes \`--json\`, which prints data
and errors as JSON, and respects \`NO_COLOR\`. Commands that ask a server find it by \`GYRE_URL\`, or by the
project they are called in.`,
    table(
      ["command", ""],
      verbs.map(({ name, summary }) => [`[\`gyre ${name}\`](#gyre-${name})`, summary]),
    ),
    table(["exit code", ""], exitCodes),
    ...sections,
  ].join("\n\n")}\n`;
}

function sectionsOf(command: Command, name: string, helpOf: (command: Command) => string): readonly string[] {
  const own = `## ${name}\n\n\`\`\`\n${helpOf(command)}\n\`\`\``;
  return [own, ...command.commands.flatMap((child) => sectionsOf(child, `${name} ${child.name()}`, helpOf))];
}
