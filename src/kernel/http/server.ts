import { randomBytes } from "node:crypto";

import { fastify } from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import type { Authenticate, Authorise } from "../auth/index.ts";
import type { Clock } from "../clock.ts";
import { Problem } from "../errors.ts";
import type { Log } from "../log.ts";
import { createEnding } from "./ending.ts";
import { createGate, refuseOpenBind, securityHeaders } from "./gate.ts";
import { listenOn } from "./listen.ts";
import { describeRoutes } from "./openapi.ts";
import { bodyTooLarge, parseJson, readBody } from "./parse.ts";
import { bodyOfProblem, problemOf, statusOf } from "./present.ts";
import { problems } from "./problems.ts";
import { defineRoute } from "./routes.ts";
import type { Route } from "./routes.ts";
import { notFound, sendStatic } from "./static.ts";
import { checkRoutes } from "./table.ts";
import { whyTargetUnsafe } from "./path.ts";
import { createVisits } from "./visit.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    route?: Route;
  }
}

export interface ServerOptions {
  readonly routes: readonly Route[];
  readonly authenticate: Authenticate;
  readonly authorise: Authorise;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether every principal must show a token or a session; false is the local mode, loopback only. */
  readonly requiresSignIn?: boolean;
  /** The built interface, `web/dist`. */
  readonly staticFolder?: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Further Host headers to accept, with their port when it is not the default one. */
  readonly allowedHosts?: readonly string[];
  readonly version?: string;
}

/** A request for tests: no socket, but everything else as over the wire. */
export interface InjectedRequest {
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object travels as JSON; text and bytes as they are. */
  readonly body?: string | Buffer | object;
  /** 127.0.0.1 unless told. */
  readonly remoteAddress?: string;
}

export interface InjectedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly text: string;
  readonly bytes: Buffer;
  /** Parses the body. */
  json(): unknown;
}

export interface Server {
  listen(): Promise<{ readonly url: string; readonly port: number }>;
  /**
   * Ends the streams, lets requests under way finish for five seconds, then closes. Meanwhile new requests
   * are answered 503 with Retry-After, so that a client that logs to a restarting server asks again.
   */
  close(): Promise<void>;
  inject(request: InjectedRequest): Promise<InjectedResponse>;
  openApi(): Readonly<Record<string, unknown>>;
}

const knownMethods: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const defaultBodyLimitBytes = 1024 * 1024;
const defaultTimeoutMs = 120_000;
const headersTimeoutMs = 10_000;
const drainTimeoutMs = 5_000;
// A large upload over a slow line; JSON bodies have their own, shorter limit.
const requestTimeoutMs = 60 * 60 * 1_000;

/**
 * Builds the server over one route table. Throws `route_without_permission`, `route_declared_twice`,
 * `bind_needs_authentication` before anything listens.
 */
export function createServer(options: ServerOptions): Server {
  refuseOpenBind(options.host, options.requiresSignIn ?? false);
  const version = options.version ?? "development";
  const routes = [...builtInRoutes(describe, version), ...options.routes];
  checkRoutes(routes);
  let description: ReturnType<typeof describeRoutes> | undefined;
  /** Made when somebody asks: turning some hundred schemas into JSON took a tenth of the start. */
  function describe(): ReturnType<typeof describeRoutes> {
    return (description ??= describeRoutes(routes, version));
  }

  let boundPort = options.port;
  const gate = createGate({
    port: () => boundPort,
    allowedHosts: options.allowedHosts ?? [],
    requiresSignIn: options.requiresSignIn ?? false,
  });
  const visits = createVisits(options);
  const app = createApp(options);
  const ending = createEnding();

  app.addHook("onRequest", async (request, reply) => {
    ending.begin(reply);
    void reply.headers({ ...securityHeaders, "x-request-id": request.id, "cache-control": "no-store" });
    // The clock may be simulated, days ahead of the reader's: pages tell "ago" from this.
    void reply.header("x-gyre-time-ms", String(options.clock.nowMs()));
    const unsafe = whyTargetUnsafe(request.raw.url ?? "");
    if (unsafe !== undefined)
      throw new Problem(problems.path_unsafe, { message: `The address is refused: ${unsafe}.` });
    const { route } = request.routeOptions.config;
    // Said before anybody looks for a body: no route has a method such as QUERY.
    if (!knownMethods.includes(request.method)) throw notFound(request);
    gate({
      method: request.method,
      host: request.headers.host,
      origin: request.headers.origin,
      fetchSite: headerOf(request, "sec-fetch-site"),
      isStream: route?.kind === "stream",
    });
    if (route !== undefined) await visits.begin(route, request, reply);
  });
  app.addHook("onResponse", async (request, reply) => {
    options.log.debug("answered a request", {
      request: request.id,
      method: request.method,
      // The pattern, not the address: an address may hold what someone pasted.
      route: request.routeOptions.url ?? "none",
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
    });
  });
  for (const route of routes) addRoute(app, route, visits);
  app.setNotFoundHandler(async (request, reply) => {
    if (request.method === "HEAD") return answerLikeGet(app, request, reply);
    const isPage = request.method === "GET" && !request.url.startsWith("/api/");
    if (!isPage || options.staticFolder === undefined) throw notFound(request);
    return await sendStatic(options.staticFolder, request, reply);
  });

  return {
    async listen() {
      boundPort = await listenOn(app, options.host, options.port);
      const host = options.host.includes(":") ? `[${options.host}]` : options.host;
      return { url: `http://${host}:${boundPort}`, port: boundPort };
    },
    async close() {
      visits.endStreams();
      await ending.drained(drainTimeoutMs);
      // A connection that was busy when the closing began stays open once its answer is sent.
      const tidy = setInterval(() => app.server.closeIdleConnections(), 50);
      const force = setTimeout(() => app.server.closeAllConnections(), drainTimeoutMs);
      await app.close().finally(() => {
        clearInterval(tidy);
        clearTimeout(force);
      });
    },
    inject: (request) => inject(app, boundPort, request),
    openApi: describe,
  };
}

function createApp(options: ServerOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    genReqId: createRequestIds(),
    requestIdHeader: false,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: "idle",
    // Ours says when to come again.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 4_096 },
    // A second route for each that answers GET cost 30 ms of every start: `answerLikeGet` does without them.
    exposeHeadRoutes: false,
    schemaController: { compilersFactory: { buildValidator: ownSchemas, buildSerializer: ownSchemas } },
    frameworkErrors: (error, request, reply) => void answerProblem(options.log, error, request, reply),
  });
  app.server.headersTimeout = headersTimeoutMs;
  app.setErrorHandler((error, request, reply) => answerProblem(options.log, error, request, reply));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", async (request: FastifyRequest) => await readRouteBody(request));
  return app;
}

/**
 * Answers a HEAD as the GET of the same address: Node leaves out the body, because it knows what came. Where that
 * would read much for nothing, the route answers HEAD itself.
 */
function answerLikeGet(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.raw.method = "GET";
  reply.hijack();
  app.routing(request.raw, reply.raw);
  return reply;
}

/** Routes bring their own schemas. Fastify's compilers, a hundred and forty files, are not even loaded. */
function ownSchemas(): never {
  throw new Error("a route was given to fastify with a schema of fastify's");
}

/** Unique over all starts of all servers, without asking for randomness at every request. */
function createRequestIds(): () => string {
  const start = randomBytes(6).toString("hex");
  let number = 0;
  return () => `${start}-${(number++).toString(36)}`;
}

/** Raw routes read their body themselves; all others take JSON and nothing else. */
async function readRouteBody(request: FastifyRequest): Promise<unknown> {
  const { route } = request.routeOptions.config;
  if (route === undefined || route.kind === "raw") return undefined;
  const limitBytes = route.bodyLimitBytes ?? defaultBodyLimitBytes;
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) throw bodyTooLarge(limitBytes);
  const bytes = await readBody(request.raw, limitBytes);
  if (bytes.length === 0) return undefined;
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new Problem(problems.content_type_unsupported, {
      message: `The body has the content type ${JSON.stringify(type)}; this route reads JSON only.`,
    });
  }
  return parseJson(bytes.toString("utf8"));
}

function addRoute(app: FastifyInstance, route: Route, visits: ReturnType<typeof createVisits>): void {
  const timeoutMs = route.timeoutMs ?? (route.kind === "json" ? defaultTimeoutMs : undefined);
  app.route({
    method: [...route.methods],
    url: route.path,
    config: { route },
    ...(timeoutMs === undefined ? {} : { handlerTimeout: timeoutMs }),
    handler: async (request, reply) => await visits.answer(route, request, reply),
  });
}

async function answerProblem(
  log: Log,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const problem = problemOf(error, request.id);
  const status = statusOf(problem);
  if (status >= 500)
    log.error("a request failed", { request: request.id, route: request.routeOptions.url ?? "none", error });
  const { route } = request.routeOptions.config;
  const foreign = route?.kind === "raw" ? route.presentProblem?.(problem, request.id) : undefined;
  // What the handler had set for its own answer must not describe this one.
  for (const name of ["content-length", "content-type", "etag", "content-disposition"])
    void reply.removeHeader(name);
  void reply.headers({ ...securityHeaders, "x-request-id": request.id, "cache-control": "no-store" });
  if (status === 401) void reply.header("www-authenticate", `Bearer realm="gyre"`);
  if (problem.code === "server_stopping") void reply.headers({ "retry-after": "2", connection: "close" });
  if (status === 413) void reply.header("connection", "close");
  void reply.headers({ ...foreign?.headers }).code(foreign?.status ?? status);
  if (foreign === undefined && isForReader(request)) {
    return reply.type("text/plain; charset=utf-8").send(`${problem.message}\n${problem.next}\n`);
  }
  const body = foreign === undefined ? bodyOfProblem(problem, request.id) : foreign.body;
  if (typeof body === "string" || Buffer.isBuffer(body)) return reply.send(body);
  return reply.type("application/json; charset=utf-8").send(JSON.stringify(body));
}

/** Whether a person will read the answer as a page. */
function isForReader(request: FastifyRequest): boolean {
  return !request.url.startsWith("/api/") && (request.headers.accept ?? "").includes("text/html");
}

function builtInRoutes(describe: () => Readonly<Record<string, unknown>>, version: string): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/openapi.json",
      permission: "public",
      summary: "This description",
      tags: ["server"],
      response: z.record(z.string(), z.unknown()),
      handler: async () => ({ ...describe() }),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/health",
      permission: "public",
      summary: "Whether the server answers",
      tags: ["server"],
      response: z.object({ name: z.literal("gyre"), status: z.literal("ok"), version: z.string() }),
      handler: async () => ({ name: "gyre" as const, status: "ok" as const, version }),
    }),
  ];
}

async function inject(
  app: FastifyInstance,
  port: number,
  request: InjectedRequest,
): Promise<InjectedResponse> {
  const { body } = request;
  const isJson = body !== undefined && typeof body !== "string" && !Buffer.isBuffer(body);
  const response = await app.inject({
    method: request.method ?? "GET",
    url: request.url,
    remoteAddress: request.remoteAddress ?? "127.0.0.1",
    headers: {
      host: `127.0.0.1:${port}`,
      ...(isJson ? { "content-type": "application/json" } : {}),
      ...request.headers,
    },
    ...(body === undefined ? {} : { payload: isJson ? JSON.stringify(body) : body }),
  });
  return {
    status: response.statusCode,
    headers: response.headers,
    text: response.payload,
    bytes: response.rawPayload,
    json: (): unknown => JSON.parse(response.payload),
  };
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
