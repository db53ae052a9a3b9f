import type { Readable } from "node:stream";

import type { FastifyReply } from "fastify";

import type { Digest } from "../digest.ts";
import { Problem } from "../errors.ts";
import { problems } from "./problems.ts";

/** Bytes to send, known by their digest. */
export interface SentBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Opens the bytes from `start` to `end`, both included, or all of them. Called only when they are needed. */
  open(range?: { readonly start: number; readonly end: number }): Readable | Promise<Readable>;
  /** The name the browser saves it under; its last segment is used. */
  readonly fileName: string;
  /** `application/octet-stream` unless told. */
  readonly mediaType?: string;
}

/**
 * Answers with bytes as a download: never shown inside our origin, whatever they are. The digest is
 * the ETag; If-None-Match gives 304, one Range gives 206, a Range outside gives 416.
 */
export async function sendBlob(reply: FastifyReply, blob: SentBlob): Promise<FastifyReply> {
  const etag = `"${blob.digest}"`;
  const { headers } = reply.request;
  void reply.headers({
    etag,
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache",
    "content-type": blob.mediaType ?? "application/octet-stream",
    "content-disposition": disposition(blob.fileName),
    "content-security-policy": "sandbox; default-src 'none'",
  });
  if (matches(headers["if-none-match"], etag)) return reply.code(304).send();
  // RFC 9110 gives Range a meaning for GET alone: HEAD tells what a GET of the whole would.
  const isWhole = reply.request.method === "HEAD" || !useRange(headers["if-range"], etag);
  const range = isWhole ? undefined : parseRange(headers.range, blob.sizeBytes);
  if (range === "outside") {
    void reply.header("content-range", `bytes */${blob.sizeBytes}`).removeHeader("content-disposition");
    throw new Problem(problems.range_not_satisfiable, {
      message: `The range ${headers.range ?? ""} lies outside the ${blob.sizeBytes} bytes of ${blob.fileName}.`,
    });
  }
  if (range === undefined) {
    void reply.header("content-length", blob.sizeBytes);
    return reply.send(reply.request.method === "HEAD" ? undefined : await blob.open());
  }
  void reply.code(206).headers({
    "content-range": `bytes ${range.start}-${range.end}/${blob.sizeBytes}`,
    "content-length": range.end - range.start + 1,
  });
  return reply.send(await blob.open(range));
}

function matches(header: string | undefined, etag: string): boolean {
  const tags = header?.split(",").map((tag) => tag.trim().replace(/^W\//, "")) ?? [];
  return tags.includes(etag) || tags.includes("*");
}

/** If-Range: the range counts only while the client holds the same bytes. */
function useRange(header: string | string[] | undefined, etag: string): boolean {
  return header === undefined || header === etag;
}

interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** One range of RFC 9110, section 14; several at once, or another unit, are answered with the whole. */
function parseRange(header: string | undefined, sizeBytes: number): ByteRange | "outside" | undefined {
  const [, first, last] = /^bytes=\s*(\d*)-(\d*)$/i.exec(header?.trim() ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  // The last five bytes of nothing are nothing: there is no 206 for that.
  if (sizeBytes === 0 && first === "" && Number(last) > 0) return undefined;
  const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (start >= sizeBytes || (first === "" && Number(last) === 0)) return "outside";
  return end < start ? undefined : { start, end };
}

/** RFC 6266: an ASCII name for old clients, the exact one percent-encoded. */
function disposition(fileName: string): string {
  const name = fileName.split(/[/\\]/).at(-1) ?? "download";
  const plain = name.replace(/[^\w. -]/g, "_");
  const exact = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}
