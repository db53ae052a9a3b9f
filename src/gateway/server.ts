import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";

import { Problem } from "#kernel/errors";
import { isStaging } from "#serving/routing";
import type { ServedRoute } from "#serving/routing";

import { answeringVariants, mainVariant, variantOfVersion } from "./assign.ts";
import { announcesTooMuch, readBody, requirePlainBody } from "./body.ts";
import type { Complain } from "./complaints.ts";
import { parseInvocation, presentInvocation } from "./invocations.ts";
import type { Meters } from "./meters.ts";
import { parseInferenceRequest, presentInference, presentMetadata } from "./open-inference.ts";
import { parseJson } from "./parse.ts";
import { methodsOf, readPath } from "./paths.ts";
import type { Target } from "./paths.ts";
import type { Predict } from "./predict.ts";
import { problems } from "./problems.ts";
import { sendJson, sendNothing, sendProblem, sendText } from "./send.ts";

export interface GatewayServerParts {
  readonly predict: Predict;
  readonly meters: Meters;
  /** The routes of this moment. */
  routes(): readonly ServedRoute[];
  readonly complain: Complain;
}

/** The data plane over plain `node:http`: a framework costs half the requests per second (docs/decisions/0002). */
export function createGatewayServer(parts: GatewayServerParts): Server {
  const server = createServer((request, response) => void answer(parts, request, response));
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    // Who asks before sending too much is spared the sending; whether it sends nevertheless, nobody knows.
    if (announcesTooMuch(request)) response.shouldKeepAlive = false;
    else response.writeContinue();
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
    // A client that went away is nobody's mistake, and nobody to answer to.
    if (request.socket.destroyed || response.headersSent) response.destroy();
    else sendProblem(response, error, parts.complain);
  }
}

async function dispatch(
  parts: GatewayServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET", url = "/" } = request;
  const [path = "/"] = url.split("?", 1);
  const target = readPath(path);
  if (target === undefined) {
    throw new Problem(problems.path_unknown, { message: `There is no ${method} ${path}.` });
  }
  const methods = methodsOf(target);
  if (method === "OPTIONS") return sendNothing(response, methods);
  if (!methods.includes(method)) {
    response.setHeader("allow", methods.join(", "));
    throw new Problem(problems.method_not_allowed, {
      message: `${path} takes ${methods.join(", ")}, not ${method}.`,
    });
  }
  if (target.kind === "infer" || target.kind === "invocations") {
    return await answerPrediction(parts, target, request, response);
  }
  answerQuestion(parts, target, response);
}

async function answerPrediction(
  parts: GatewayServerParts,
  target: Extract<Target, { kind: "infer" | "invocations" }>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Refused before its body is read; looked up again after, because routes change while a slow body comes.
  findRoute(parts.routes(), target.model);
  requirePlainBody(request);
  const body = parseJson(await readBody(request));
  const route = findRoute(parts.routes(), target.model);
  if (target.kind === "invocations") {
    const columns = parseInvocation(body, mainVariant(route).signature);
    const asked = { requestId: randomUUID(), version: undefined, columns };
    return sendJson(response, 200, presentInvocation((await parts.predict(route, asked)).answers));
  }
  const { id, columns, outputs } = parseInferenceRequest(body);
  const requestId = id ?? randomUUID();
  const { variant, answers } = await parts.predict(route, { requestId, version: target.version, columns });
  sendJson(response, 200, presentInference(route.name, requestId, outputs, variant, answers));
}

function answerQuestion(
  parts: GatewayServerParts,
  target: Exclude<Target, { kind: "infer" | "invocations" }>,
  response: ServerResponse,
): void {
  switch (target.kind) {
    case "server":
      return sendJson(response, 200, { name: "gyre", version: "2", extensions: [] });
    case "health":
      return sendJson(response, 200, { live: true, ready: true });
    case "ping":
      return sendText(response, "\n", "text/plain");
    case "metrics":
      return sendText(response, parts.meters.prometheus(), "text/plain; version=0.0.4");
    case "model":
    case "model_ready": {
      const route = findRoute(parts.routes(), target.model);
      const { version } = target;
      const variant = version === undefined ? mainVariant(route) : variantOfVersion(route, version);
      if (target.kind === "model_ready") return sendJson(response, 200, { name: route.name, ready: true });
      const versions = answeringVariants(route).map((one) => String(one.number));
      return sendJson(response, 200, presentMetadata(route.name, variant, versions));
    }
  }
}

/** The route of that name; without a name, the only one there is. */
function findRoute(routes: readonly ServedRoute[], name: string | undefined): ServedRoute {
  const found = name === undefined ? onlyShown(routes) : routes.find((route) => route.name === name);
  if (found !== undefined) return found;
  const names = shownIn(routes).map((route) => route.name);
  const listed = names.length === 0 ? "nothing yet" : names.join(", ");
  throw new Problem(problems.model_not_served, {
    message:
      name === undefined
        ? `/invocations needs exactly one served model; there is ${listed}.`
        : `The model "${name}" is not served here; there is ${listed}.`,
  });
}

/** Staged candidates answer under names of their own, and are not shown to others. */
function shownIn(routes: readonly ServedRoute[]): readonly ServedRoute[] {
  return routes.filter((route) => !isStaging(route));
}

function onlyShown(routes: readonly ServedRoute[]): ServedRoute | undefined {
  const shown = shownIn(routes);
  return shown.length === 1 ? shown[0] : undefined;
}
