import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

/** A call of a cluster's API. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly body?: object;
  readonly token?: string;
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

const timeoutMs = 20_000;
const largestAnswerBytes = 50_000_000;

/**
 * Makes a call; rejects when no answer comes. Not by `fetch`: it takes no certificates of a cluster's own,
 * and it sends `Sec-Fetch-Mode`, for which Ray takes it for a browser and refuses every POST.
 */
export function call({ method, url, body, token, ca, cert, key }: Call): Promise<Answer> {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  const content = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method,
      timeout: timeoutMs,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      headers: {
        accept: "application/json",
        "user-agent": "gyre",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(content === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(content) }),
      },
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)));
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      response.on("data", (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes > largestAnswerBytes) sent.destroy(new Error("the answer is too large"));
        else chunks.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    sent.end(content);
  });
}
