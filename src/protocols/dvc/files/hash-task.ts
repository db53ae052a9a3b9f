import type { HashedFiles, HashOrder } from "./hash-files.ts";

/** What a worker is sent. */
export interface HashTask {
  readonly order: HashOrder;
  /** Shared by the threads: who makes one of the zero does the order. */
  readonly claim: Int32Array<SharedArrayBuffer>;
}

/** Work of another kind, which a worker does while this thread goes on. */
export type Errand =
  | { readonly kind: "publish"; readonly folder: string; readonly objects: string }
  | { readonly kind: "write index"; readonly file: string; readonly text: string };

/** What a worker answers: what it found, why it could not, or that another thread was first. */
export type HashAnswer =
  | { readonly hashed: HashedFiles }
  | { readonly isTaken: true }
  | {
      readonly failure: {
        readonly message: string;
        readonly code: string | undefined;
        readonly path: string | undefined;
      };
    };

/** Claims an order for this thread; false when another has it. */
export function isMine(claim: Int32Array<SharedArrayBuffer>): boolean {
  return Atomics.compareExchange(claim, 0, 0, 1) === 0;
}
