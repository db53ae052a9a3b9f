import { createTerminal } from "./terminal.ts";
import { runCommandLine } from "./program.ts";

// `gyre runs | head` closes the pipe early: that is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
}

const typed = process.argv.slice(2);
const terminal = createTerminal({ wantsJson: asksForJson(typed), wantsColor: !typed.includes("--no-color") });
process.exitCode = await runCommandLine(typed, terminal);

/** Read before the arguments are parsed: mistakes in them are to be told in the form asked for, too. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end === -1 ? words.length : end).includes("--json");
}
