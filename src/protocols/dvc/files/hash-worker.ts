import { parentPort } from "node:worker_threads";

import { hashFiles } from "./hash-files.ts";
import type { HashedFiles, HashOrder } from "./hash-files.ts";

/** What a worker answers: what it found, or why it could not. */
export type HashAnswer =
  | { readonly hashed: HashedFiles }
  | {
      readonly failure: {
        readonly message: string;
        readonly code: string | undefined;
        readonly path: string | undefined;
      };
    };

parentPort?.on("message", (order: HashOrder) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(answer(order));
});

function answer(order: HashOrder): HashAnswer {
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
