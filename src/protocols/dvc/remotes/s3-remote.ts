import { createReadStream, createWriteStream } from "node:fs";
import { Agent as HttpAgent, request as requestHttp } from "node:http";
import type { IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { hash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { remoteFailed } from "./remote.ts";
import type { Remote, RemoteObject, RemoteOptions } from "./remote.ts";
import { readS3Settings } from "./s3-settings.ts";
import { encodePath, queryText, signRequest } from "./signature.ts";

// A server that is busy, or a connection that was closed while it rested, is asked again.
const attempts = 4;
const pauseMs = 200;
// Larger objects go up in parts of this size; S3 takes no single one above 5 GB.
const partBytes = 64 * 1024 * 1024;

interface Call {
  readonly method: string;
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** A remote in a bucket of S3, or of a server that speaks it. */
export function openS3Remote({ name, address, settings, jobs }: RemoteOptions): Remote {
  const s3 = readS3Settings(address, settings);
  const isSecure = s3.endpoint.protocol === "https:";
  const calls = jobs ?? 32;
  const options = { keepAlive: true, maxSockets: calls };
  const agent = isSecure
    ? new HttpsAgent({ ...options, rejectUnauthorized: settings.get("ssl_verify") !== "false" })
    : new HttpAgent(options);
  const self = { name, address };
  const base = s3.isPathStyle ? `/${s3.bucket}` : "";
  const pathOf = (key: string): string =>
    encodePath(`${base}/${key === "" ? "" : [s3.prefix, key].filter(Boolean).join("/")}`);

  const send = async ({ method, key, query = {}, headers = {}, body }: Call): Promise<IncomingMessage> => {
    const path = pathOf(key);
    const md5 =
      body === undefined
        ? {}
        : { "content-md5": hash("md5", body, "base64"), "content-length": String(body.length) };
    const signed = signRequest(
      { method, host: s3.endpoint.host, path, query, headers: { ...headers, ...md5 } },
      s3.credentials,
      s3.region,
      new Date(),
    );
    const text = queryText(query);
    return await new Promise((resolve, reject) => {
      const call = (isSecure ? requestHttps : requestHttp)(
        {
          host: s3.endpoint.hostname,
          port: s3.endpoint.port === "" ? undefined : Number(s3.endpoint.port),
          method,
          path: text === "" ? path : `${path}?${text}`,
          headers: signed,
          agent,
        },
        resolve,
      );
      call.on("error", reject);
      call.end(body);
    });
  };
  /** The answer, if it is one of those wanted; others are tried again or thrown. */
  const ask = async (call: Call, wanted: readonly number[]): Promise<IncomingMessage> => {
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt === attempts;
      try {
        const answer = await send(call);
        const status = answer.statusCode ?? 0;
        if (wanted.includes(status)) return answer;
        const said = (await readAll(answer)).toString();
        const reason = /<Message>(.*?)<\/Message>/s.exec(said)?.[1] ?? said.slice(0, 200);
        const failure = remoteFailed(
          self,
          `answered ${status} to ${call.method} ${call.key}${reason === "" ? "" : `: ${reason}`}`,
        );
        if (isLast || (status < 500 && status !== 429)) throw failure;
      } catch (cause) {
        const isOurs = cause instanceof Error && cause.name === "Problem";
        if (isOurs) throw cause;
        if (isLast) throw remoteFailed(self, "cannot be reached", cause);
      }
      await sleep(pauseMs * 2 ** (attempt - 1));
    }
  };
  const read: Remote["read"] = async (key, part) => {
    const headers = part === undefined ? {} : { range: `bytes=${part.from}-${part.from + part.length - 1}` };
    const answer = await ask({ method: "GET", key, headers }, [200, 206, 404]);
    const bytes = await readAll(answer);
    return answer.statusCode === 404 ? undefined : bytes;
  };
  const put = async (key: string, bytes: Uint8Array): Promise<void> => {
    await readAll(await ask({ method: "PUT", key, body: bytes }, [200, 201, 204]));
  };
  return {
    name,
    address,
    isReadOnly: false,
    calls,
    async has(key) {
      const answer = await ask({ method: "HEAD", key }, [200, 404]);
      answer.resume();
      return answer.statusCode === 200;
    },
    read,
    async download(key, place) {
      const answer = await ask({ method: "GET", key }, [200, 404]);
      if (answer.statusCode === 404) {
        answer.resume();
        return false;
      }
      await pipeline(answer, createWriteStream(place, { flags: "wx" }));
      return true;
    },
    put,
    async upload(key, place, sizeBytes) {
      if (sizeBytes <= partBytes) return await put(key, await readStream(place, 0, sizeBytes));
      const begun = (
        await readAll(await ask({ method: "POST", key, query: { uploads: "" } }, [200]))
      ).toString();
      const uploadId = textOf(begun, "UploadId");
      const tags: string[] = [];
      try {
        for (let from = 0, part = 1; from < sizeBytes; from += partBytes, part++) {
          const body = await readStream(place, from, Math.min(partBytes, sizeBytes - from));
          const query = { partNumber: String(part), uploadId };
          const answer = await ask({ method: "PUT", key, query, body }, [200]);
          await readAll(answer);
          tags.push(String(answer.headers.etag ?? ""));
        }
        const list = tags.map(
          (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`,
        );
        const body = Buffer.from(`<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`);
        await readAll(await ask({ method: "POST", key, query: { uploadId }, body }, [200]));
      } catch (error) {
        await ask({ method: "DELETE", key, query: { uploadId } }, [204, 404]).catch(() => undefined);
        throw error;
      }
    },
    async list(prefix) {
      const found: RemoteObject[] = [];
      const whole = [s3.prefix, prefix].filter(Boolean).join("/");
      const skipped = s3.prefix === "" ? 0 : s3.prefix.length + 1;
      for (let token: string | undefined = ""; token !== undefined;) {
        const query: Record<string, string> = {
          "list-type": "2",
          prefix: whole,
          ...(token === "" ? {} : { "continuation-token": token }),
        };
        const page: string = (await readAll(await ask({ method: "GET", key: "", query }, [200]))).toString();
        for (const [, item = ""] of page.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
          found.push({ key: textOf(item, "Key").slice(skipped), sizeBytes: Number(textOf(item, "Size")) });
        }
        const isMore: boolean = textOf(page, "IsTruncated") === "true";
        token = isMore ? textOf(page, "NextContinuationToken") : undefined;
      }
      return found;
    },
    async remove(keys) {
      for (const key of keys) await readAll(await ask({ method: "DELETE", key }, [200, 204, 404]));
    },
    async close() {
      agent.destroy();
    },
  };
}

async function readAll(answer: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece)));
  return Buffer.concat(pieces);
}

async function readStream(place: string, from: number, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  const pieces: Buffer[] = [];
  for await (const piece of createReadStream(place, { start: from, end: from + length - 1 }))
    pieces.push(Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece)));
  return Buffer.concat(pieces);
}

function textOf(xml: string, name: string): string {
  const text = new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(xml)?.[1] ?? "";
  return text.replaceAll(/&(amp|lt|gt|quot|apos|#x?[0-9a-fA-F]+);/g, (whole, sign: string) => {
    const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
    if (named[sign] !== undefined) return named[sign];
    const code = sign.startsWith("#x") ? Number.parseInt(sign.slice(2), 16) : Number(sign.slice(1));
    return Number.isNaN(code) ? whole : String.fromCodePoint(code);
  });
}
