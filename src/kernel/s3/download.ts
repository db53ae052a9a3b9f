import type { IncomingMessage } from "node:http";

import type { Caller } from "./caller.ts";
import type { OpenObject } from "./index.ts";
import { explainBreak } from "./refusals.ts";
import type { Refusal } from "./refusals.ts";
import type { Call } from "./request.ts";
import type { S3Settings } from "./settings.ts";

/** An object that is not there; a bucket that is not there is another matter. */
export function isAbsent({ status, code }: Refusal): boolean {
  return status === 404 && code !== "NoSuchBucket";
}

// So many breaks without a byte between them, and the download is given up.
const barrenBreaks = 5;

/** Asks for an object, or a part of it, with one request. */
export async function openDownload(
  caller: Caller,
  settings: S3Settings,
  key: string,
  part: { readonly offset: number; readonly length?: number } = { offset: 0 },
): Promise<OpenObject | undefined> {
  const isWhole = part.offset === 0 && part.length === undefined;
  const outcome = await caller.tryAsk(
    { method: "GET", key, headers: isWhole ? {} : rangeFrom(part.offset, part.length) },
    (refusal) => isAbsent(refusal) || refusal.status === 416,
  );
  // Nothing lies beyond the end, or in an object that is empty.
  if ("refusal" in outcome) {
    return outcome.refusal.status === 416 ? { sizeBytes: 0, chunks: nothing() } : undefined;
  }
  const { answer } = outcome;
  const sizeBytes = Number(answer.headers["content-length"]);
  if (!isWhole && answer.statusCode !== 206) {
    answer.destroy();
    throw explainBreak(
      settings,
      { method: "GET", key },
      new Error("it answered a range with something else"),
    );
  }
  return { sizeBytes, chunks: resuming({ caller, settings, key, from: part.offset, sizeBytes }, answer) };
}

interface Download {
  readonly caller: Caller;
  readonly settings: S3Settings;
  readonly key: string;
  readonly from: number;
  /** NaN where the server does not say. */
  readonly sizeBytes: number;
}

async function* resuming(download: Download, first: IncomingMessage): AsyncIterable<Uint8Array> {
  const { caller, settings, key, from, sizeBytes } = download;
  const call: Call = { method: "GET", key };
  const tag = first.headers.etag;
  let answer = first;
  let received = 0;
  let barren = 0;
  for (;;) {
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        barren = 0;
        received += chunk.byteLength;
        if (received > sizeBytes) throw new Error("it sent more than it announced");
        yield chunk;
      }
      if (Number.isNaN(sizeBytes) || received === sizeBytes) return;
      throw new Error(`it sent ${received} of ${sizeBytes} bytes`);
    } catch (cause) {
      // Without a size a whole cannot be told from a half, so neither can what is missing.
      if (++barren > barrenBreaks || Number.isNaN(sizeBytes) || received > sizeBytes)
        throw explainBreak(settings, call, cause);
    } finally {
      answer.destroy();
    }
    if (received === sizeBytes) return;
    // What was put under the key meanwhile must not be joined to the half that came.
    const same = tag === undefined ? {} : { "if-match": tag };
    const headers = { ...rangeFrom(from + received, sizeBytes - received), ...same };
    answer = await caller.ask({ ...call, headers });
    // Not every server knows the condition.
    if (answer.statusCode !== 206 || answer.headers.etag !== tag) {
      answer.destroy();
      throw explainBreak(settings, call, new Error("what came after the break was not the rest of it"));
    }
  }
}

function rangeFrom(offset: number, length: number | undefined): Readonly<Record<string, string>> {
  return { range: `bytes=${offset}-${length === undefined ? "" : offset + length - 1}` };
}

async function* nothing(): AsyncIterable<Uint8Array> {}
