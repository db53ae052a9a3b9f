// `gyre runs | head` closes the pipe early: that is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
}

const typed = process.argv.slice(2);
process.exitCode = await(typed[0] === "dvc" ? runAsDvc(typed.slice(1)) : runAsGyre(typed));

async function runAsGyre(words: readonly string[]): Promise<number> {
  const [{ createTerminal }, { runCommandLine }] = await Promise.all([
    import("./terminal.ts"),
    import("./program.ts"),
  ]);
  const terminal = createTerminal({
    wantsJson: asksForJson(words),
    wantsColor: !words.includes("--no-color"),
  });
  return await runCommandLine(words, terminal);
}

/** DVC's words are read as DVC reads them, and without what the other verbs need: `dvc` is typed often. */
async function runAsDvc(words: readonly string[]): Promise<number> {
  const { runDvc } = await import("./dvc/run.ts");
  return await runDvc(words, {
    print: (text) => void process.stdout.write(`${text}\n`),
    complain: (text) => void process.stderr.write(`${text}\n`),
  });
}

/** Read before the arguments are parsed: mistakes in them are to be told in the form asked for, too. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end === -1 ? words.length : end).includes("--json");
}
