import { parentPort } from "node:worker_threads";

import { runErrand } from "./errand.ts";
import { hashFiles, nothingHashed } from "./hash-files.ts";
import { isMine } from "./hash-task.ts";
import type { Errand, HashAnswer, HashTask } from "./hash-task.ts";

parentPort?.on("message", (task: HashTask | Errand) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(answer(task));
});

function answer(task: HashTask | Errand): HashAnswer {
  try {
    if ("kind" in task) {
      runErrand(task);
      return { hashed: nothingHashed };
    }
    return isMine(task.claim) ? { hashed: hashFiles(task.order) } : { isTaken: true };
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
