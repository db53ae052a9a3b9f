import type { Terminal } from "./terminal.ts";

/** What a shell gives for a command that was ended by Ctrl-C. */
export const interruptedExitCode = 130;

/** Settles at the first Ctrl-C or SIGTERM; the second one ends the process at once. */
export function stopSignal(terminal: Terminal): Promise<void> {
  return new Promise((resolve) => {
    onInterruption(["SIGINT", "SIGTERM"], () => {
      terminal.say("Stopping; once more ends it at once.");
      resolve();
    });
  });
}

/** Calls `first` at the first of the signals; the second one ends the process. Gives what takes it back. */
export function onInterruption(signals: readonly NodeJS.Signals[], first: () => void): () => void {
  let isFirst = true;
  const listener = (): void => {
    if (!isFirst) process.exit(interruptedExitCode);
    isFirst = false;
    first();
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
