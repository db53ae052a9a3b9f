import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import type { Digest } from "../digest.ts";
import { inParallel } from "../in-parallel.ts";
import type { Caller } from "./caller.ts";
import { isAbsent } from "./download.ts";
import { explainRefusal, readText } from "./refusals.ts";
import type { Call } from "./request.ts";
import type { S3Settings } from "./settings.ts";
import { elementsIn, encodeXml, textIn } from "./xml.ts";

// Parts of this size, four at a time in memory, keep a fast connection full.
const smallestPartBytes = 16 * 1024 * 1024;
const partsAtOnce = 4;
const joiningMs = 5 * 60_000;
/** S3 takes no more parts of one object. */
const mostParts = 10_000;
const longestPage = 16 * 1024 * 1024;

/** Metadata of our own, for servers that keep no digest of the whole. */
export const sha256Header = "x-amz-meta-sha256";

interface FileToUpload {
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256?: Digest;
}

/** Puts a file in parts; a failure ends the upload, so that nothing is kept of it. */
export async function uploadInParts(
  caller: Caller,
  settings: S3Settings,
  key: string,
  { file, sizeBytes, sha256 }: FileToUpload,
): Promise<void> {
  const partBytes = Math.max(smallestPartBytes, Math.ceil(sizeBytes / mostParts));
  const count = Math.ceil(sizeBytes / partBytes);
  const uploadId = await begin(caller, key, sha256);
  const handle = await open(file, "r");
  try {
    const tags: string[] = [];
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    await inParallel(numbers, partsAtOnce, async (number) => {
      const from = (number - 1) * partBytes;
      const body = await readPart(handle, from, Math.min(partBytes, sizeBytes - from));
      const answer = await caller.ask({
        method: "PUT",
        key,
        query: { partNumber: String(number), uploadId },
        body,
      });
      await readText(answer, 0);
      tags[number - 1] = String(answer.headers.etag ?? "");
    });
    await complete(caller, settings, key, uploadId, tags);
  } catch (error) {
    await end(caller, key, uploadId).catch(() => {});
    throw error;
  } finally {
    await handle.close();
  }
}

/** Ends what is listed as begun and not completed, below the prefix and before this time. */
export async function endAbandonedUploads(
  caller: Caller,
  settings: S3Settings,
  beforeMs: number,
): Promise<void> {
  const base = settings.prefix === "" ? "" : `${settings.prefix}/`;
  let marker: Readonly<Record<string, string>> | undefined = {};
  while (marker !== undefined) {
    const query = { uploads: "", prefix: base, ...marker };
    const page: string = await readText(await caller.ask({ method: "GET", query }), longestPage);
    for (const upload of elementsIn(page, "Upload")) {
      const key = textIn(upload, "Key") ?? "";
      const uploadId = textIn(upload, "UploadId") ?? "";
      const begunAtMs = Date.parse(textIn(upload, "Initiated") ?? "");
      if (key.startsWith(base) && uploadId !== "" && begunAtMs < beforeMs)
        await end(caller, key.slice(base.length), uploadId);
    }
    const next = { key: textIn(page, "NextKeyMarker"), upload: textIn(page, "NextUploadIdMarker") };
    const isMore =
      textIn(page, "IsTruncated") === "true" && next.key !== undefined && next.upload !== undefined;
    marker = isMore ? { "key-marker": next.key ?? "", "upload-id-marker": next.upload ?? "" } : undefined;
  }
}

async function begin(caller: Caller, key: string, sha256: Digest | undefined): Promise<string> {
  const headers = sha256 === undefined ? {} : { [sha256Header]: sha256 };
  const answer = await caller.ask({ method: "POST", key, query: { uploads: "" }, headers });
  const uploadId = textIn(await readText(answer, longestPage), "UploadId");
  if (uploadId === undefined) throw new Error("the server began an upload without a name for it");
  return uploadId;
}

async function complete(
  caller: Caller,
  settings: S3Settings,
  key: string,
  uploadId: string,
  tags: readonly string[],
): Promise<void> {
  const list = tags.map(
    (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${encodeXml(tag)}</ETag></Part>`,
  );
  const call: Call = {
    method: "POST",
    key,
    query: { uploadId },
    body: Buffer.from(`<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`),
    patienceMs: joiningMs,
  };
  // The server may need minutes to join the parts; some keep the connection alive meanwhile, with the head of the answer sent:
  // so its body may tell of a failure under a status of 200.
  const outcome = await caller.tryAsk(call, isAbsent);
  const text = "answer" in outcome ? await readText(outcome.answer, longestPage) : "";
  if ("answer" in outcome && !text.includes("<Error>")) return;
  // An attempt whose answer was lost may have completed it: then the upload is gone and the object there.
  if ("refusal" in outcome && (await isThere(caller, key))) return;
  const refusal =
    "refusal" in outcome
      ? outcome.refusal
      : {
          status: 500,
          code: textIn(text, "Code") ?? "",
          message: textIn(text, "Message") ?? "",
          headers: {},
          region: undefined,
        };
  throw explainRefusal(settings, call, refusal, await settings.credentials?.current());
}

async function isThere(caller: Caller, key: string): Promise<boolean> {
  const outcome = await caller.tryAsk({ method: "HEAD", key }, isAbsent);
  if ("refusal" in outcome) return false;
  outcome.answer.resume();
  return true;
}

async function end(caller: Caller, key: string, uploadId: string): Promise<void> {
  const outcome = await caller.tryAsk({ method: "DELETE", key, query: { uploadId } }, isAbsent);
  if ("answer" in outcome) await readText(outcome.answer, 0);
}

async function readPart(handle: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, from + filled);
    if (bytesRead === 0) throw new Error("the file became shorter while it was sent");
    filled += bytesRead;
  }
  return bytes;
}
