import type { ComputeTarget, WorkHandle } from "#compute";

import type { ExecutionParts, OpenExecution, OpenStep } from "./parts.ts";

/** Copies what work elsewhere prints into the log of its step. */
export interface WorkLog {
  /** Copies what there is. */
  readOn(): Promise<void>;
  /** Copies the rest of work that has ended. */
  finish(): Promise<void>;
}

export function followWork(
  parts: ExecutionParts,
  execution: OpenExecution,
  step: OpenStep,
  from: { readonly target: ComputeTarget; readonly handle: WorkHandle; onLine(line: string): void },
): WorkLog {
  const log = { step: step.id, attempt: step.attempt };
  let cursor: string | undefined;
  let pending = "";

  async function readOn(): Promise<void> {
    for (;;) {
      const part = await from.target.logs(from.handle, cursor);
      cursor = part.cursor;
      if (part.text === "") return;
      await parts.logs.append(execution.id, log, part.text);
      const lines = (pending + part.text).split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines) from.onLine(line);
    }
  }
  return {
    readOn,
    async finish() {
      await readOn();
      if (pending !== "") from.onLine(pending);
      pending = "";
    },
  };
}
