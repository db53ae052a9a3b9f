import { randomUUID } from "node:crypto";

import { hasCertainlyEnded, processIdentity } from "#kernel/process-identity";

/**
 * Which server hands work over, or runs it: written with the work, so that another takes over only what
 * nobody does any more, and one that was thought dead cannot write an end over what has been decided since.
 */
export interface Runner {
  readonly id: string;
  /** Whether that other one is certainly gone; one on a machine that we cannot look at never is. */
  isGone(other: string): boolean;
}

export function createRunner(): Runner {
  const id = `${processIdentity} ${randomUUID().slice(0, 8)}`;
  return {
    id,
    isGone(other) {
      const process = other.split(" ")[0] ?? "";
      // A process has one server at a time.
      return other !== id && (process === processIdentity || hasCertainlyEnded(process));
    },
  };
}
