import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";

import type { Digest } from "../digest.ts";
import { inParallel } from "../in-parallel.ts";
import { addressText } from "./address.ts";
import { createCaller } from "./caller.ts";
import { isAbsent, openDownload } from "./download.ts";
import type { Bucket, ObjectContent } from "./index.ts";
import { listPages, removeBatch, removeOne } from "./listing.ts";
import { putAgain } from "./put-again.ts";
import { readText } from "./refusals.ts";
import type { Body } from "./request.ts";
import type { S3Settings } from "./settings.ts";
import { endAbandonedUploads, sha256Header, uploadInParts } from "./uploads.ts";

/** At most so many requests at a time; more wait. */
const defaultConnections = 32;
/** What is larger goes in parts: S3 itself takes up to 5 GB at once, but then a break costs all of it. */
const largestSingleBytes = 64 * 1024 * 1024;
/** S3 takes no more keys in one request. */
const removedAtOnce = 1_000;

/** Opens a bucket; nothing is sent before the first question. */
export function openBucket(settings: S3Settings, options: { readonly connections?: number } = {}): Bucket {
  const caller = createCaller(settings, { connections: options.connections ?? defaultConnections });
  // A server that does not know the condition is not asked for it again.
  let knowsConditions = true;

  async function putSingle(key: string, content: ObjectContent, isNew: boolean): Promise<boolean> {
    const body = await bodyOf(content);
    const condition = isNew && knowsConditions ? { "if-none-match": "*" } : undefined;
    const sha256 = body instanceof Uint8Array ? createHash("sha256").update(body).digest("hex") : body.sha256;
    const headers = {
      [sha256Header]: sha256,
      "x-amz-checksum-sha256": Buffer.from(sha256, "hex").toString("base64"),
      ...condition,
    };
    const outcome = await caller.tryAsk(
      { method: "PUT", key, body, headers },
      ({ status }) => condition !== undefined && (status === 412 || status === 501),
    );
    if ("answer" in outcome) {
      await readText(outcome.answer, 0);
      return true;
    }
    if (outcome.refusal.status === 412) return false;
    knowsConditions = false;
    return await putSingle(key, content, false);
  }

  const open: Bucket["open"] = async (key, part) => await openDownload(caller, settings, key, part);

  return {
    address: addressText(settings),
    async head(key) {
      const headers = { "x-amz-checksum-mode": "ENABLED" };
      const outcome = await caller.tryAsk({ method: "HEAD", key, headers }, isAbsent);
      if ("refusal" in outcome) return undefined;
      outcome.answer.resume();
      const { headers: said } = outcome.answer;
      return {
        sizeBytes: Number(said["content-length"] ?? 0),
        sha256: wholeSha256(said),
        modifiedAtMs: Date.parse(said["last-modified"] ?? ""),
      };
    },
    open,
    async read(key, part) {
      const opened = await open(key, part);
      if (opened === undefined) return undefined;
      const chunks: Uint8Array[] = [];
      for await (const chunk of opened.chunks) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    async put(key, content, { isNew = false } = {}) {
      if (content instanceof Uint8Array || content.sizeBytes <= largestSingleBytes)
        return await putSingle(key, content, isNew);
      await uploadInParts(caller, settings, key, content);
      return true;
    },
    putAgain: async (key, sha256) => await putAgain(caller, settings, key, sha256),
    list: (prefix) => listPages(caller, settings, prefix),
    async remove(keys, { isSentOnce = false } = {}) {
      const [only] = keys;
      if (keys.length === 1 && only !== undefined) return await removeOne(caller, only, { isSentOnce });
      const batches = Array.from({ length: Math.ceil(keys.length / removedAtOnce) }, (_, index) =>
        keys.slice(index * removedAtOnce, (index + 1) * removedAtOnce),
      );
      await inParallel(
        batches,
        4,
        async (batch) => await removeBatch(caller, settings, batch, { isSentOnce }),
      );
    },
    endAbandonedUploads: async (beforeMs) => await endAbandonedUploads(caller, settings, beforeMs),
    close: () => caller.close(),
  };
}

/** A file whose digest nobody knows yet is small enough here to be read for it. */
async function bodyOf(content: ObjectContent): Promise<Body> {
  if (content instanceof Uint8Array) return content;
  const { file, sizeBytes, sha256 } = content;
  return sha256 === undefined ? await readFile(file) : { file, from: 0, sizeBytes, sha256 };
}

/**
 * What the server computed, or else what the sender said when it put the object: of one put in parts, whose tag
 * ends in their number, the server keeps a digest of digests.
 */
function wholeSha256(headers: IncomingHttpHeaders): Digest | undefined {
  const computed = headers["x-amz-checksum-sha256"];
  const isOfParts = [computed, headers.etag].some((tag) => typeof tag === "string" && /-\d+"?$/.test(tag));
  if (typeof computed === "string" && !isOfParts) return Buffer.from(computed, "base64").toString("hex");
  const said = headers[sha256Header];
  return typeof said === "string" ? said : undefined;
}
