import { request as requestPlain } from "node:http";
import type { IncomingMessage, RequestOptions } from "node:http";
import { request as requestSecure } from "node:https";
import { isIP } from "node:net";
import type { LookupFunction } from "node:net";

import type { Targets } from "./targets.ts";

export interface Sent {
  readonly status: number;
  /** The beginning of the answer. */
  readonly body: string;
  /** What the receiver asked for with `Retry-After`. */
  readonly retryAfterMs: number | null;
}

export type Send = (message: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal?: AbortSignal;
}) => Promise<Sent>;

/** For all of it: name, connection, sending, answer. */
const timeLimitMs = 10_000;
const largestAnswerBytes = 16 * 1_024;

/**
 * Posts to an address that a user wrote. The name is resolved here, every address checked, and the
 * connection made to those addresses and no others, so that a name that answers differently a moment
 * later leads nowhere. A redirect is an answer, not an order.
 */
export function createSend(targets: Targets): Send {
  return async ({ url: text, headers, body, signal }) => {
    const limit = AbortSignal.timeout(timeLimitMs);
    const ends = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    const url = targets.read(text);
    const addresses = await orEnd(targets.addressesOf(url), ends);
    const bytes = Buffer.from(body, "utf8");
    return await post(
      url,
      {
        method: "POST",
        agent: false,
        signal: ends,
        lookup: pinnedTo(addresses),
        headers: { "user-agent": "gyre-webhooks", ...headers, "content-length": bytes.length },
      },
      bytes,
    );
  };
}

function post(url: URL, options: RequestOptions, body: Buffer): Promise<Sent> {
  const request = url.protocol === "https:" ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (answer) => {
      readBeginning(answer).then(
        (text) =>
          resolve({
            status: answer.statusCode ?? 0,
            body: text,
            retryAfterMs: retryAfterMs(answer.headers["retry-after"]),
          }),
        reject,
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** What is beyond the limit is not read: the connection ends. */
async function readBeginning(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of answer) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    sizeBytes += bytes.length;
    if (sizeBytes >= largestAnswerBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, largestAnswerBytes).toString("utf8");
}

function pinnedTo(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_name, { all: wantsAll }, callback) => {
    const [first] = all;
    if (first === undefined) callback(new Error("no address"), "");
    else if (wantsAll === true) callback(null, all);
    else callback(null, first.address, first.family);
  };
}

function retryAfterMs(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1_000 : null;
}

async function orEnd<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  const ended = Promise.withResolvers<never>();
  const end = (): void => ended.reject(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  try {
    return await Promise.race([work, ended.promise]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}
