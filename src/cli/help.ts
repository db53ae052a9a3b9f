import type { Help, HelpConfiguration } from "commander";

import type { Terminal } from "./terminal.ts";

/** Headings of the help in bold, when somebody looks at it. */
export function paintedHelp(terminal: Terminal): HelpConfiguration & Partial<Help> {
  return {
    helpWidth: 100,
    styleTitle: (title) => terminal.paint("bold", title),
    subcommandTerm: (command) => command.name(),
  };
}

/** Examples come first: most readers want one to copy. */
export function exampleText(terminal: Terminal, examples: readonly (readonly [string, string])[]): string {
  const width = Math.max(...examples.map(([command]) => command.length));
  const lines = examples.map(
    ([command, what]) => `  ${command.padEnd(width)}   ${terminal.paint("dim", what)}`,
  );
  return `${terminal.paint("bold", "Examples:")}\n${lines.join("\n")}\n`;
}
