import { parentPort } from "node:worker_threads";

import { hashFiles } from "./hash-files.ts";
import { isMine } from "./hash-task.ts";
import type { HashAnswer, HashTask } from "./hash-task.ts";

parentPort?.on("message", (task: HashTask) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(answer(task));
});

function answer({ order, claim }: HashTask): HashAnswer {
  if (!isMine(claim)) return { isTaken: true };
  try {
    return { hashed: hashFiles(order) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
    const details = typeof error === "object" && error !== null ? error : {};
    return {
      failure: {
        message,
        code: "code" in details ? text(details.code) : undefined,
        path: "path" in details ? text(details.path) : undefined,
      },
    };
  }
}
