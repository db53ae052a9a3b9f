import type { Terminal } from "./terminal.ts";

/** How far a long command is: a line that moves for a person, now and then a line for a log. */
export interface Progress {
  tell(text: string): void;
  /** Clears the moving line, so that what follows begins on an empty one. */
  end(): void;
}

const movesEveryMs = 100;
const saysEveryMs = 10_000;

export function createProgress(terminal: Terminal): Progress {
  const moves = terminal.isInteractive && !terminal.wantsJson;
  const everyMs = moves ? movesEveryMs : saysEveryMs;
  let lastMs = performance.now();
  return {
    tell(text) {
      if (performance.now() - lastMs < everyMs) return;
      lastMs = performance.now();
      if (moves) process.stderr.write(`\r\u001B[K${text}`);
      else terminal.say(text);
    },
    end() {
      if (moves) process.stderr.write("\r\u001B[K");
    },
  };
}
