import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";

import { Problem } from "#kernel/errors";
import type { ProblemKind } from "#kernel/errors";

import { parseInvocation, presentInvocation } from "./invocations.ts";
import type { Meters } from "./meters.ts";
import { parseInferenceRequest, presentInference, presentMetadata } from "./open-inference.ts";
import { invalid, parseJson } from "./parse.ts";
import type { createPredict } from "./predict.ts";
import { problems } from "./problems.ts";
import type { ServedRoute } from "#serving/routing";

export interface GatewayServerParts {
  readonly predict: ReturnType<typeof createPredict>;
  readonly meters: Meters;
  /** The routes of this moment. */
  routes(): readonly ServedRoute[];
}

const maximumBodyBytes = 8 * 1024 * 1024;

const statuses: Record<ProblemKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unavailable: 503,
  failed: 500,
};

/** The data plane over plain `node:http`: a framework costs half the requests per second (docs/decisions/0002). */
export function createGatewayServer(parts: GatewayServerParts): Server {
  const server = createServer((request, response) => {
    void answer(parts, request, response);
  });
  server.requestTimeout = 60_000;
  server.headersTimeout = 20_000;
  server.keepAliveTimeout = 65_000;
  return server;
}

async function answer(
  parts: GatewayServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await dispatch(parts, request, response);
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else sendProblem(response, error);
  }
}

async function dispatch(
  parts: GatewayServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const predicting = request.method === "POST" ? predictionPath(path) : undefined;
  if (predicting !== undefined) {
    const route = findRoute(parts.routes(), predicting.model);
    const body = parseJson(await readBody(request));
    if (predicting.protocol === "invocations") return await answerInvocation(parts, route, body, response);
    return await answerInference(parts, route, body, response);
  }
  if (request.method === "GET" || request.method === "HEAD") return answerQuestion(parts, path, response);
  throw new Problem(problems.path_unknown, { message: `There is no ${request.method} ${path}.` });
}

function predictionPath(
  path: string,
): { model: string | undefined; protocol: "open_inference" | "invocations" } | undefined {
  if (path === "/invocations") return { model: undefined, protocol: "invocations" };
  const scoring = /^\/models\/([^/]+)\/invocations$/.exec(path);
  if (scoring !== null) return { model: decodeName(scoring[1]), protocol: "invocations" };
  const inference = /^\/v2\/models\/([^/]+)(?:\/versions\/[^/]+)?\/infer$/.exec(path);
  if (inference !== null) return { model: decodeName(inference[1]), protocol: "open_inference" };
  return undefined;
}

/** `/invocations` names no model: it is the one there is. */
function findRoute(routes: readonly ServedRoute[], name: string | undefined): ServedRoute {
  const served = routes.filter((route) => route.variants.some((variant) => variant.role !== "staging"));
  const found =
    name === undefined
      ? served.length === 1
        ? served[0]
        : undefined
      : routes.find((route) => route.name === name);
  if (found !== undefined) return found;
  const names = served.map((route) => route.name).join(", ");
  const listed = names === "" ? "nothing yet" : names;
  throw new Problem(problems.model_not_served, {
    message:
      name === undefined
        ? `/invocations needs exactly one served model; there is ${listed}.`
        : `The model "${name}" is not served here; there is ${listed}.`,
  });
}

async function answerInference(
  parts: GatewayServerParts,
  route: ServedRoute,
  body: unknown,
  response: ServerResponse,
): Promise<void> {
  const request = parseInferenceRequest(body, signatureOf(route));
  const requestId = request.id ?? randomUUID();
  const { variant, answers } = await parts.predict(route, { ...request, requestId });
  sendJson(response, 200, presentInference(route.name, requestId, variant, answers));
}

async function answerInvocation(
  parts: GatewayServerParts,
  route: ServedRoute,
  body: unknown,
  response: ServerResponse,
): Promise<void> {
  const request = parseInvocation(body, signatureOf(route));
  const { answers } = await parts.predict(route, { ...request, requestId: randomUUID() });
  sendJson(response, 200, presentInvocation(answers));
}

/** Variants of one route take the same inputs; the control plane refuses a release that would change them. */
function signatureOf(route: ServedRoute): ServedRoute["variants"][number]["signature"] {
  const [first] = route.variants;
  if (first === undefined) throw new Error(`the route ${route.name} has no variant`);
  return first.signature;
}

function answerQuestion(parts: GatewayServerParts, path: string, response: ServerResponse): void {
  switch (path) {
    case "/v2":
    case "/v2/":
      return sendJson(response, 200, { name: "gyre", version: "2", extensions: [] });
    case "/v2/health/live":
    case "/v2/health/ready":
      return sendJson(response, 200, { live: true, ready: true });
    case "/ping":
    case "/health":
      return sendText(response, "\n", "text/plain");
    case "/metrics":
      return sendText(response, parts.meters.prometheus(), "text/plain; version=0.0.4");
  }
  const model = /^\/v2\/models\/([^/]+)(?:\/versions\/[^/]+)?(\/ready)?$/.exec(path);
  if (model === null) throw new Problem(problems.path_unknown, { message: `There is no GET ${path}.` });
  const route = findRoute(parts.routes(), decodeName(model[1]));
  const [first] = route.variants;
  if (model[2] !== undefined || first === undefined)
    return sendJson(response, 200, { name: route.name, ready: true });
  return sendJson(response, 200, presentMetadata(route.name, first));
}

function decodeName(encoded: string | undefined): string {
  try {
    return decodeURIComponent(encoded ?? "");
  } catch {
    throw invalid("the model's name in the URL", "percent-encoded UTF-8", encoded);
  }
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    return Promise.reject(
      invalid("the header content-encoding", "absent: bodies come uncompressed", encoding),
    );
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    request.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= maximumBodyBytes) {
        chunks.push(chunk);
        return;
      }
      reject(new Problem(problems.prediction_too_large, { message: "The request is larger than 8 MiB." }));
      request.pause();
    });
    request.on("end", () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    request.on("error", reject);
  });
}

function sendProblem(response: ServerResponse, error: unknown): void {
  if (!(error instanceof Problem)) {
    // A mistake of ours: the client gets no stack, the log does.
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return sendJson(response, 500, { error: "The gateway made a mistake.", code: "internal_error" });
  }
  const { message, code, next, data } = error;
  const status = statuses[error.kind];
  // The rest of a refused body is not read: the connection ends with the answer.
  if (status === 413) response.setHeader("connection", "close");
  if (status === 503) response.setHeader("retry-after", "1");
  sendJson(response, status, { error: message, code, next, data });
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}

function sendText(response: ServerResponse, text: string, type: string): void {
  response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
