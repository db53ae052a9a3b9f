import type { Bucket } from "../s3/index.ts";
import { requireNoteName } from "./driver.ts";
import type { BlobNotes } from "./index.ts";

/** Keeps each note as an object below `records/`. */
export function createBucketNotes(bucket: Bucket): BlobNotes {
  const keyOf = (name: string): string => `records/${requireNoteName(name)}`;
  return {
    read: async (name) => await bucket.read(keyOf(name)),
    write: async (name, bytes) => void (await bucket.put(keyOf(name), bytes)),
    async list(within) {
      const names: string[] = [];
      for await (const { key } of bucket.list(`${keyOf(within)}/`)) names.push(key.slice("records/".length));
      return names;
    },
    remove: async (name) => await bucket.remove([keyOf(name)]),
  };
}
