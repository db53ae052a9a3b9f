import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Agent as HttpAgent, request as requestHttp } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { pipeline } from "node:stream";

import type { Endpoint, S3Settings } from "./settings.ts";
import { encodePath, queryText, signRequest } from "./signature.ts";

/** A request to the bucket, not yet signed: it is signed for each attempt. */
export interface Call {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Below the prefix; the bucket itself when absent. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** By lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** Not sent again when it is not known whether it arrived: what it does may no longer be wanted then. */
  readonly isSentOnce?: boolean;
  /** How long nothing may be heard; half a minute by default. */
  readonly patienceMs?: number;
}

/** Bytes, or a part of a file that is read anew for each attempt. */
export type Body = Uint8Array | FilePart;

export interface FilePart {
  readonly file: string;
  readonly from: number;
  readonly sizeBytes: number;
  /** In hex: the server holds what arrives against it. */
  readonly sha256: string;
}

/** What changes when the server says that we are mistaken about it. */
export interface Circumstances {
  readonly region: string;
  readonly endpoint: Endpoint;
  /** Added to this machine's time. */
  readonly clockOffsetMs: number;
}

/** Sends requests over connections that are kept. */
export interface Sender {
  /** Resolves with the head of the answer, whatever its status. */
  send(call: Call, circumstances: Circumstances): Promise<IncomingMessage>;
  close(): void;
}

// Nothing came and nothing went for so long: the other side is gone, or the network between.
const usualPatienceMs = 30_000;
const emptySha256 = createHash("sha256").digest("hex");

export function createSender(settings: S3Settings, options: { readonly connections: number }): Sender {
  const agents = createAgents(settings, options.connections);
  return {
    async send(call, circumstances) {
      const { url } = circumstances.endpoint;
      const path = pathOf(settings, circumstances.endpoint, call.key);
      const query = call.query ?? {};
      const headers = await signedHeaders(settings, call, circumstances, path);
      const text = queryText(query);
      const isSecure = url.protocol === "https:";
      return await new Promise((resolve, reject) => {
        const request = (isSecure ? requestHttps : requestHttp)({
          host: url.hostname.replace(/^\[|\]$/g, ""),
          port: url.port === "" ? undefined : Number(url.port),
          method: call.method,
          path: text === "" ? path : `${path}?${text}`,
          headers: { ...headers },
          agent: isSecure ? agents.secure : agents.plain,
        });
        const patienceMs = call.patienceMs ?? usualPatienceMs;
        request.setTimeout(patienceMs, () => request.destroy(silence(patienceMs)));
        request.once("response", resolve);
        request.on("error", reject);
        writeBody(request, call.body);
      });
    },
    close() {
      agents.plain.destroy();
      agents.secure.destroy();
    },
  };
}

function silence(patienceMs: number): Error {
  const error = new Error(`nothing was heard for ${patienceMs / 1_000} seconds`);
  return Object.assign(error, { code: "ETIMEDOUT" });
}

/** The path of an object. Throws when the key would leave the prefix: keys are ours, so that is our mistake. */
function pathOf({ bucket, prefix }: S3Settings, endpoint: Endpoint, key: string | undefined): string {
  const parts = key?.split("/") ?? [];
  if (parts.some((part) => part === "" || part === "." || part === "..")) {
    throw new Error(`${JSON.stringify(key)} is no key below the prefix`);
  }
  const base = endpoint.url.pathname.replace(/\/+$/, "");
  const whole = key === undefined ? [] : [prefix, key];
  const path = [endpoint.isPathStyle ? bucket : "", ...whole].filter((part) => part !== "").join("/");
  return `${base}/${encodePath(path)}`;
}

async function signedHeaders(
  settings: S3Settings,
  call: Call,
  { region, endpoint, clockOffsetMs }: Circumstances,
  path: string,
): Promise<Readonly<Record<string, string>>> {
  const { body } = call;
  const payload = body === undefined ? emptySha256 : sha256Of(body);
  const headers = {
    ...call.headers,
    "x-amz-content-sha256": payload,
    ...(body === undefined ? {} : { "content-length": String(sizeOf(body)) }),
  };
  const credentials = await settings.credentials?.current();
  if (credentials === undefined) return { ...headers, host: endpoint.url.host };
  const { method, query = {} } = call;
  const request = { method, host: endpoint.url.host, path, query, headers, payload };
  // The server compares the time with its own, so it is the system's, not a clock that is moved by hand.
  return signRequest(request, credentials, { region, service: "s3", atMs: Date.now() + clockOffsetMs });
}

export function sizeOf(body: Body): number {
  return body instanceof Uint8Array ? body.byteLength : body.sizeBytes;
}

function sha256Of(body: Body): string {
  return body instanceof Uint8Array ? createHash("sha256").update(body).digest("hex") : body.sha256;
}

function writeBody(request: ClientRequest, body: Body | undefined): void {
  if (body === undefined || body instanceof Uint8Array) return void request.end(body);
  if (body.sizeBytes === 0) return void request.end();
  const { file, from, sizeBytes } = body;
  const source = createReadStream(file, {
    start: from,
    end: from + sizeBytes - 1,
    highWaterMark: 512 * 1024,
  });
  // What fails on the way is told by the request's own event.
  pipeline(source, request, () => {});
  source.once("error", (error) => request.destroy(error));
}

function createAgents(
  { tls }: S3Settings,
  connections: number,
): { readonly plain: HttpAgent; readonly secure: HttpsAgent } {
  const options = { keepAlive: true, maxSockets: connections };
  return {
    plain: new HttpAgent(options),
    secure: new HttpsAgent({
      ...options,
      rejectUnauthorized: tls.isChecked,
      ...(tls.authorities === undefined ? {} : { ca: tls.authorities }),
    }),
  };
}
