import type { Digest } from "../digest.ts";
import type { Caller } from "./caller.ts";
import { isAbsent } from "./download.ts";
import { readText } from "./refusals.ts";
import type { S3Settings } from "./settings.ts";
import { encodePath } from "./signature.ts";
import { sha256Header } from "./uploads.ts";
import { elementsIn } from "./xml.ts";

const longestAnswer = 64 * 1024;

/**
 * Copies an object onto itself. S3 refuses that unless something changes: so the metadata is said to be replaced,
 * by what it is. It copies up to 5 GB.
 */
export async function putAgain(
  caller: Caller,
  { bucket, prefix }: S3Settings,
  key: string,
  sha256: Digest,
): Promise<"done" | "absent" | "impossible"> {
  const source = [bucket, prefix, key].filter((part) => part !== "").join("/");
  const headers = {
    "x-amz-copy-source": `/${encodePath(source)}`,
    "x-amz-metadata-directive": "REPLACE",
    "x-amz-checksum-algorithm": "SHA256",
    [sha256Header]: sha256,
  };
  const outcome = await caller.tryAsk(
    { method: "PUT", key, headers },
    (refusal) => isAbsent(refusal) || [400, 405, 501].includes(refusal.status),
  );
  if ("refusal" in outcome) return isAbsent(outcome.refusal) ? "absent" : "impossible";
  // An answer that began well may still tell of a failure: copying takes its time.
  const text = await readText(outcome.answer, longestAnswer);
  return elementsIn(text, "Error").length === 0 ? "done" : "impossible";
}
