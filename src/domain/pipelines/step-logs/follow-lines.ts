import { setTimeout as sleep } from "node:timers/promises";

import type { StepState } from "../entities.ts";
import type { LineIndexes } from "./line-index.ts";
import { readLines } from "./read-lines.ts";
import type { LogLines } from "./read-lines.ts";

/** What a log grew by. Where it grew faster than anyone reads, lines are left out; they can be asked for. */
export type LogGrowth =
  | {
      readonly event: "lines";
      readonly data: LogLines & {
        readonly total: number;
        readonly sizeBytes: number;
        readonly readBytes: number;
        readonly firstError: number | null;
      };
    }
  | { readonly event: "end"; readonly data: { readonly state: StepState } };

export interface FollowedLog {
  readonly path: string;
  /** The first line that the reader does not have. */
  readonly from: number;
  /** How the step stands; the log has ended when it does not run. */
  state(): Promise<StepState>;
  readonly signal: AbortSignal;
}

// The log is a file and another process writes it, so it is looked at rather than waited for.
const lookEveryMs = 250;
const looksPerState = 4;
const mostLines = 1_000;

/** Follows the log of one attempt of a step, from a line on, until the step ends. */
export async function* followLines(
  indexes: LineIndexes,
  followed: FollowedLog,
): AsyncGenerator<LogGrowth, void> {
  let next = followed.from;
  let knownBytes = -1;
  for (let look = 0; !followed.signal.aborted; look++) {
    // Asked before the file is read: what a step printed before it ended is then never missed.
    const state = look % looksPerState === 0 ? await followed.state() : "running";
    const index = await indexes.read(followed.path);
    if (index.sizeBytes !== knownBytes) {
      knownBytes = index.sizeBytes;
      // A line that was not ended may have grown, so it is told again.
      const from = Math.max(next, index.lines - mostLines + 1);
      const part = await readLines(followed.path, index, { from, count: mostLines });
      const { lines: total, sizeBytes, firstError } = index;
      yield { event: "lines", data: { ...part, total, sizeBytes, readBytes: sizeBytes, firstError } };
      next = Math.max(1, index.lines);
    }
    if (state !== "running" && state !== "waiting") {
      yield { event: "end", data: { state } };
      return;
    }
    await sleep(lookEveryMs, undefined, { signal: followed.signal }).catch(() => {});
  }
}
