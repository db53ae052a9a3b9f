import { ReadableStream } from "node:stream/web";

import { z } from "zod";
import type { ZodType } from "zod";

import { readConfig } from "#kernel/config";
import { Problem } from "#kernel/errors";
import type { ProblemKind } from "#kernel/errors";

import { readServerEvents } from "./event-stream.ts";
import type { ServerEvent } from "./event-stream.ts";
import { readLogin } from "./login-file.ts";
import { problems } from "./problems.ts";
import { findServerFile, readServerFile } from "./server-file.ts";

/** Speaks to the running server. Answers are parsed down to what the command needs; refusals are thrown as Problems. */
export interface Client {
  readonly url: string;
  get<Answer>(path: string, schema: ZodType<Answer>): Promise<Answer>;
  send<Answer>(
    method: "POST" | "PUT" | "DELETE",
    path: string,
    schema: ZodType<Answer>,
    body?: unknown,
  ): Promise<Answer>;
  /** Sends a file as it is read. */
  upload(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** The bytes of a file. */
  download(path: string): Promise<Uint8Array>;
  /** Events as the server sends them, until it ends the stream. */
  watch(path: string, signal?: AbortSignal): AsyncIterable<ServerEvent>;
}

export interface ServerAddress {
  readonly url: string;
  /** How it was found: for messages. */
  readonly origin: string;
  readonly token: string | undefined;
}

/** A path whose inserted parts are encoded: ``path`/api/v1/projects/${project}/runs` ``. */
export function path(texts: TemplateStringsArray, ...parts: readonly (string | number)[]): string {
  return texts.map((text, index) => text + encodeURIComponent(String(parts[index] ?? ""))).join("");
}

/**
 * Finds the server: `--url`, GYRE_URL, the state folder of GYRE_DIR, or the nearest `.gyre` above the
 * working folder. Throws `server_not_running` when none is named.
 */
export function findServer(url?: string): ServerAddress {
  const { config } = readConfig({ flags: { url }, environment: process.env, workingFolder: process.cwd() });
  if (config.url !== undefined) {
    return { url: config.url, origin: url === undefined ? "GYRE_URL" : "--url", token: tokenFor(config.url) };
  }
  const server = process.env["GYRE_DIR"] ? readServerFile(config.dir) : findServerFile(process.cwd());
  if (server === undefined) {
    throw new Problem(problems.server_not_running, {
      message: "No server is running for this folder.",
      next: "Start it with: gyre up (or name one that runs elsewhere in GYRE_URL)",
    });
  }
  return { url: server.url, origin: "the state folder", token: tokenFor(server.url) };
}

export function connect(url?: string): Client {
  return createClient(findServer(url));
}

export function createClient(server: ServerAddress): Client {
  const request = async (method: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (server.token !== undefined) headers.set("authorization", `Bearer ${server.token}`);
    const response = await fetch(new URL(path, server.url), { ...init, method, headers }).catch(
      (error: unknown) => {
        if (init.signal?.aborted === true) throw error;
        throw unreachable(server, error);
      },
    );
    if (!response.ok) throw await refusalOf(response);
    return response;
  };
  const parse = async <Answer>(
    response: Response,
    path: string,
    schema: ZodType<Answer>,
  ): Promise<Answer> => {
    const parsed = schema.safeParse(
      response.status === 204 ? undefined : await response.json().catch(() => undefined),
    );
    if (parsed.success) return parsed.data;
    throw new Problem(problems.server_answer_strange, {
      message: `The server's answer to ${path.split("?")[0] ?? path} is not what this program expects: ${z.prettifyError(parsed.error).replaceAll("\n", " ")}`,
    });
  };
  return {
    url: server.url,
    get: async (path, schema) => await parse(await request("GET", path), path, schema),
    async send(method, path, schema, body) {
      const init: RequestInit =
        body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
      return await parse(await request(method, path, init), path, schema);
    },
    async upload(path, bytes) {
      // A body that is read while it is sent cannot be sent twice: that is what `duplex` states.
      const init: RequestInit = { body: ReadableStream.from(bytes), duplex: "half" };
      await (await request("PUT", path, init)).arrayBuffer();
    },
    download: async (path) => new Uint8Array(await (await request("GET", path)).arrayBuffer()),
    async *watch(path, signal) {
      const response = await request("GET", path, signal === undefined ? {} : { signal });
      if (response.body !== null) yield* readServerEvents(textOf(response.body));
    },
  };
}

async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const bytes of body) yield decoder.decode(bytes, { stream: true });
}

/** GYRE_TOKEN wins over what `gyre login` has stored for this server. */
function tokenFor(url: string): string | undefined {
  const given = process.env["GYRE_TOKEN"];
  return given === undefined || given === "" ? readLogin(url) : given;
}

function unreachable(server: ServerAddress, error: unknown): Problem {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  return new Problem(problems.server_not_running, {
    message: `No server answers at ${server.url} (from ${server.origin}): ${cause}.`,
    cause: error,
  });
}

const refusalSchema = z.object({
  code: z.string(),
  message: z.string(),
  next: z.string(),
  position: z.object({ file: z.string(), line: z.number(), column: z.number() }).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

const kinds: Readonly<Record<number, ProblemKind>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  413: "too_large",
  503: "unavailable",
};

async function refusalOf(response: Response): Promise<Problem> {
  const parsed = refusalSchema.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) {
    return new Problem(problems.server_answer_strange, {
      message: `${response.url} answered ${response.status} in a form this program does not know.`,
    });
  }
  const { code, message, next, position, data } = parsed.data;
  const kind = kinds[response.status] ?? (response.status < 500 ? "invalid" : "failed");
  return new Problem(
    { code, kind, when: "The server refused a call.", next },
    { message, ...(position === undefined ? {} : { position }), ...(data === undefined ? {} : { data }) },
  );
}
