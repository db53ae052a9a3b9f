import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** What a process prints, on its way into the log. */
export interface CopiedOutput {
  /** To be called once the process has ended: resolves when all it has printed is written, and closes the pipe. */
  finish(): Promise<void>;
}

// More than a pipe or a socket holds: what comes beyond it after the end was printed after the end.
const mostLeftBytes = 1024 * 1024;
const tickMs = 20;
const mostTicks = 100;

/**
 * Copies no faster than `write` takes it, so the memory stays flat however much is printed. `write` gives false when
 * no more is wanted; that calls `onLimit` and closes the pipe, which also ends a process that only prints.
 */
export function copyOutput(
  output: Readable,
  write: (chunk: Uint8Array) => Promise<boolean>,
  onLimit: () => void,
): CopiedOutput {
  let chunks = 0;
  let leftBytes = Infinity;
  let isWriting = false;
  let isDone = false;

  const copy = async (): Promise<void> => {
    for await (const chunk of output) {
      chunks += 1;
      isWriting = true;
      const isTaken = await write(chunk);
      isWriting = false;
      if (!isTaken) return onLimit();
      leftBytes -= chunk.length;
      if (leftBytes <= 0) return;
    }
  };
  const copied = copy().finally(() => (isDone = true));
  // Awaited in `finish`; until then a failure must not end the process.
  copied.catch(() => {});

  return {
    async finish() {
      leftBytes = mostLeftBytes;
      // A process that left the group may hold the pipe open for ever; what it prints after the end is not ours. Only
      // moments count in which the pipe had nothing for us, not the time: a slow disk must not cost the end of a log.
      for (let waited = 0; !isDone && waited < mostTicks;) {
        const before = chunks;
        await Promise.race([copied.catch(() => {}), sleep(tickMs)]);
        // Who prints a little now and then is not waited for without end either.
        if (!isWriting) waited += chunks === before ? 1 : 0.1;
      }
      output.destroy();
      await copied.catch(() => {});
    },
  };
}
