import type { Readable } from "node:stream";

import type { FastifyReply, FastifyRequest } from "fastify";
import type { z, ZodType } from "zod";

import type { Principal, RoutePermission } from "../auth/index.ts";
import type { Problem } from "../errors.ts";
import { parseRequestPart } from "./parse.ts";
import type { StreamEvent } from "./stream.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The parameters of a path: `/projects/:project/runs/:run` gives `{ project: string; run: string }`. */
export type PathParameters<Path extends string> = Path extends `${infer Head}/${infer Rest}`
  ? PathParameters<Head> & PathParameters<Rest>
  : Path extends `:${infer Name}`
    ? { readonly [Key in Name]: string }
    : Path extends "*"
      ? { readonly "*": string }
      : unknown;

type Parsed<Schema extends ZodType | undefined, Otherwise> = Schema extends ZodType
  ? z.output<Schema>
  : Otherwise;

/** What the gate found out about a request, and how a handler asks further. */
export interface Visit {
  readonly principal: Principal;
  readonly request: FastifyRequest;
  /** Aborted when the client has gone or the server stops. */
  readonly signal: AbortSignal;
  /**
   * For routes of `scope: "handler"`: throws `permission_denied` unless the principal holds the
   * route's permission in `project` (in all projects when absent), on `thing` where that has grants of its own.
   */
  allow(project?: string, thing?: string): Promise<void>;
  /** For routes of `scope: "handler"`: the rows on which the principal holds the permission. */
  onlyAllowed<Row>(
    rows: readonly Row[],
    projectOf: (row: Row) => string,
    thingOf?: (row: Row) => string | undefined,
  ): Promise<Row[]>;
  /** Sets a header of the answer; `set-cookie` may be set more than once. */
  setHeader(name: string, value: string): void;
}

interface Declaration<Path extends string> {
  readonly path: Path;
  readonly permission: RoutePermission;
  /**
   * Where the permission must hold. `path` (the default): in the project that the path names as
   * `:project`, everywhere when it names none. `handler`: the handler finds the project out and calls
   * `allow` or `onlyAllowed`; an answer without such a call becomes an internal error, so that
   * forgetting it cannot open the route.
   */
  readonly scope?: "path" | "handler";
  /** One sentence for the API description. */
  readonly summary: string;
  readonly tags?: readonly string[];
  /** The largest body accepted; 1 MiB unless told. */
  readonly bodyLimitBytes?: number;
  /** When the answer must have begun; two minutes unless told. Streams and raw routes have none unless told. */
  readonly timeoutMs?: number;
}

interface RouteDeclaration<
  Path extends string,
  Params extends ZodType | undefined,
  Query extends ZodType | undefined,
  Body extends ZodType | undefined,
  Response extends ZodType,
> extends Declaration<Path> {
  readonly method: Method;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** The answer is parsed with it, so a field it does not name never leaves the server. */
  readonly response: Response;
  /** 200 unless told; 204 when the schema is `z.void()`. */
  readonly status?: number;
  handler(
    input: Visit & {
      readonly params: Parsed<Params, PathParameters<Path>>;
      readonly query: Parsed<Query, undefined>;
      readonly body: Parsed<Body, undefined>;
    },
  ): Promise<z.input<Response>>;
}

interface StreamDeclaration<
  Path extends string,
  Params extends ZodType | undefined,
  Query extends ZodType | undefined,
> extends Declaration<Path> {
  readonly params?: Params;
  readonly query?: Query;
  /** The shape of each event's `data` by the event's name, for the API description. */
  readonly events?: Readonly<Record<string, ZodType>>;
  /**
   * Gives the events; those after `lastEventId` when the client was here before. A Problem thrown
   * before the iterable is returned answers with its status; one thrown while iterating is sent as an
   * event named `problem` and ends the stream.
   */
  handler(
    input: Visit & {
      readonly params: Parsed<Params, PathParameters<Path>>;
      readonly query: Parsed<Query, undefined>;
      readonly lastEventId: string | undefined;
    },
  ): AsyncIterable<StreamEvent> | Promise<AsyncIterable<StreamEvent>>;
}

/** How a foreign protocol shows a problem. */
export interface ForeignAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface RawDeclaration<Path extends string, Query extends ZodType | undefined> extends Declaration<Path> {
  readonly method: Method | "HEAD" | "OPTIONS" | readonly (Method | "HEAD" | "OPTIONS")[];
  /** Validated before the handler sees it, as that of every other route. */
  readonly query?: Query;
  /** What it reads, for the description of the API alone: the handler looks at it by itself. */
  readonly describes?: Pick<RouteSchemas, "query" | "body">;
  /** Our own form when absent. */
  presentProblem?(problem: Problem, requestId: string): ForeignAnswer;
  /**
   * Reads `body` itself (`readBody`, `readJson`, or as a stream) and answers through `reply`, or by
   * returning a value, a Buffer or a stream.
   */
  handler(
    input: Visit & {
      readonly params: PathParameters<Path>;
      /** Without a schema as sent: names to text, or to a list when a name is repeated. */
      readonly query: Parsed<Query, Readonly<Record<string, string | string[]>>>;
      readonly body: Readable;
      readonly reply: FastifyReply;
    },
  ): Promise<unknown>;
}

/** What arrives at a route, before its own schemas have looked at it. */
export interface Arrival extends Visit {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly lastEventId: string | undefined;
}

export interface RouteSchemas {
  readonly params?: ZodType | undefined;
  readonly query?: ZodType | undefined;
  readonly body?: ZodType | undefined;
  readonly response?: ZodType | undefined;
  readonly events?: Readonly<Record<string, ZodType>> | undefined;
}

interface RouteFacts extends Declaration<string> {
  readonly methods: readonly string[];
  readonly schemas: RouteSchemas;
}

export interface JsonRoute extends RouteFacts {
  readonly kind: "json";
  readonly status: number;
  answer(arrival: Arrival): Promise<unknown>;
}

export interface StreamRoute extends RouteFacts {
  readonly kind: "stream";
  open(arrival: Arrival): Promise<AsyncIterable<StreamEvent>>;
}

export interface RawRoute extends RouteFacts {
  readonly kind: "raw";
  presentProblem?(problem: Problem, requestId: string): ForeignAnswer;
  answer(arrival: Arrival, body: Readable, reply: FastifyReply): Promise<unknown>;
}

/** One line of the route table, as `createServer` takes it. */
export type Route = JsonRoute | StreamRoute | RawRoute;

/** Declares a route that takes and gives JSON; its schemas validate, type the handler and describe the API. */
export function defineRoute<
  const Path extends string,
  Response extends ZodType,
  Params extends ZodType | undefined = undefined,
  Query extends ZodType | undefined = undefined,
  Body extends ZodType | undefined = undefined,
>(route: RouteDeclaration<Path, Params, Query, Body, Response>): JsonRoute {
  const isVoid = route.response.safeParse(undefined).success && route.response.type === "void";
  return {
    ...factsOf(route),
    kind: "json",
    methods: [route.method],
    status: route.status ?? (isVoid ? 204 : 200),
    schemas: { params: route.params, query: route.query, body: route.body, response: route.response },
    async answer(arrival) {
      const output = await route.handler(
        inputOf(arrival, {
          params: parsePart(route.params, arrival.params, "path", arrival.params),
          query: parsePart(route.query, arrival.query, "query", undefined),
          body: parsePart(route.body, arrival.body, "body", undefined),
        }),
      );
      return route.response.parse(output);
    },
  };
}

/** Declares a GET route of server-sent events. */
export function defineStream<
  const Path extends string,
  Params extends ZodType | undefined = undefined,
  Query extends ZodType | undefined = undefined,
>(route: StreamDeclaration<Path, Params, Query>): StreamRoute {
  return {
    ...factsOf(route),
    kind: "stream",
    methods: ["GET"],
    schemas: { params: route.params, query: route.query, events: route.events },
    async open(arrival) {
      return await route.handler(
        inputOf(arrival, {
          params: parsePart(route.params, arrival.params, "path", arrival.params),
          query: parsePart(route.query, arrival.query, "query", undefined),
          lastEventId: arrival.lastEventId,
        }),
      );
    },
  };
}

/**
 * Declares a route of a foreign protocol: own body, own answers, own form of problems, but the same
 * gate in front (host, origin, principal, permission).
 */
export function defineRawRoute<const Path extends string, Query extends ZodType | undefined = undefined>(
  route: RawDeclaration<Path, Query>,
): RawRoute {
  const methods = typeof route.method === "string" ? [route.method] : route.method;
  return {
    ...factsOf(route),
    kind: "raw",
    methods,
    schemas: { ...route.describes, ...(route.query === undefined ? {} : { query: route.query }) },
    ...(route.presentProblem === undefined ? {} : { presentProblem: route.presentProblem.bind(route) }),
    async answer(arrival, body, reply) {
      return await route.handler(
        inputOf(arrival, {
          // The router filled in exactly the names of the path, each with text.
          params: arrival.params as PathParameters<Path>,
          query: parsePart(route.query, arrival.query, "query", arrival.query),
          body,
          reply,
        }),
      );
    },
  };
}

function factsOf(route: Declaration<string>): Declaration<string> {
  const { path, permission, scope, summary, tags, bodyLimitBytes, timeoutMs } = route;
  return {
    path,
    permission,
    summary,
    ...(scope === undefined ? {} : { scope }),
    ...(tags === undefined ? {} : { tags }),
    ...(bodyLimitBytes === undefined ? {} : { bodyLimitBytes }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function inputOf<Parts extends object>(arrival: Arrival, parts: Parts): Visit & Parts {
  const { principal, request, allow, onlyAllowed, setHeader } = arrival;
  return {
    ...parts,
    principal,
    request,
    allow,
    onlyAllowed,
    setHeader,
    get signal() {
      return arrival.signal;
    },
  };
}

/** Parses with the schema, or passes `otherwise` on: the one place that ties the two to one type. */
function parsePart<Schema extends ZodType | undefined, Otherwise>(
  schema: Schema | undefined,
  value: unknown,
  part: "path" | "query" | "body",
  otherwise: unknown,
): Parsed<Schema, Otherwise> {
  return (schema === undefined ? otherwise : parseRequestPart(schema, value, part)) as Parsed<
    Schema,
    Otherwise
  >;
}
