import type { IncomingMessage } from "node:http";

import { Problem } from "#kernel/errors";

import { invalid } from "./parse.ts";
import { problems } from "./problems.ts";

const maximumBodyBytes = 8 * 1024 * 1024;
// A refused body is read and thrown away up to here, so that its client is still there to read the answer.
const mostDiscardedBytes = 64 * 1024 * 1024;

/** Whether the request says itself that its body will be refused. */
export function announcesTooMuch(request: IncomingMessage): boolean {
  return Number(request.headers["content-length"] ?? 0) > maximumBodyBytes;
}

/** Encodings of bodies that are not taken; asked before the body is read. */
export function requirePlainBody({ headers }: IncomingMessage): void {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw invalid("the header content-encoding", "absent: bodies come uncompressed", encoding);
  }
  const binary = headers["inference-header-content-length"];
  if (binary !== undefined) {
    const expected = "absent: binary tensors are not taken, send JSON (binary_data=False in Triton's client)";
    throw invalid("the header inference-header-content-length", expected, binary);
  }
}

/** The whole body. Rejects at once when it is too large, and with the connection's error when that ends. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let sizeBytes = 0;
    const refuse = (): void => {
      chunks = [];
      reject(new Problem(problems.prediction_too_large, { message: "The request is larger than 8 MiB." }));
    };
    if (announcesTooMuch(request)) refuse();
    request.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > mostDiscardedBytes) request.destroy();
      else if (sizeBytes > maximumBodyBytes) refuse();
      else chunks.push(chunk);
    });
    request.on("end", () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    });
    request.on("error", reject);
  });
}
