import { Readable } from "node:stream";

import type { Digest } from "../digest.ts";
import type { Blobs } from "./index.ts";

/** A blob as a stream, in whole or from `start` to `end`, both included, as a Range header counts. */
export function streamBlob(
  blobs: Pick<Blobs, "read">,
  digest: Digest,
  range?: { readonly start: number; readonly end: number },
): Readable {
  const part = range === undefined ? undefined : { offset: range.start, length: range.end - range.start + 1 };
  // Each item is a chunk of the driver's, up to a megabyte: by default sixteen would wait for a slow reader.
  return Readable.from(blobs.read(digest, part), { highWaterMark: 1 });
}
