import type { FastifyReply, FastifyRequest } from "fastify";

import { anonymous, authProblems } from "../auth/index.ts";
import type { Authenticate, Authorise, Permission, Principal } from "../auth/index.ts";
import { Problem } from "../errors.ts";
import { actThrough } from "../events/index.ts";
import type { Log } from "../log.ts";
import { internalError } from "./present.ts";
import type { Arrival, JsonRoute, RawRoute, Route, StreamRoute } from "./routes.ts";
import { eventStream } from "./stream.ts";

interface OpenVisit {
  readonly principal: Principal;
  /** Aborted when the connection is gone or the answer sent. */
  controller(): AbortController;
  /** Whether the permission was checked; a handler-scoped route must do it itself. */
  isAllowed: boolean;
}

interface Visits {
  /** Finds out who asks and whether they may, before a byte of the body is read. */
  begin(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Lets the route answer. */
  answer(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
  endStreams(): void;
}

interface VisitParts {
  readonly authenticate: Authenticate;
  readonly authorise: Authorise;
  readonly log: Log;
}

/** Carries a request from the gate through its route's handler. */
export function createVisits(parts: VisitParts): Visits {
  const visits = new WeakMap<FastifyRequest, OpenVisit>();
  const streams = new Set<AbortController>();

  async function answerJson(route: JsonRoute, arrival: Arrival, reply: FastifyReply): Promise<FastifyReply> {
    const output = await route.answer(arrival);
    refuseUnchecked(route, arrival.request);
    void reply.code(route.status);
    if (output === undefined) return reply.send();
    return reply.type("application/json; charset=utf-8").send(JSON.stringify(output));
  }

  async function answerStream(
    route: StreamRoute,
    arrival: Arrival,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const source = await route.open(arrival);
    refuseUnchecked(route, arrival.request);
    const controller = visitOf(arrival.request).controller();
    streams.add(controller);
    controller.signal.addEventListener("abort", () => streams.delete(controller), { once: true });
    const unexpected = (error: unknown): Problem => {
      parts.log.error("a stream failed", { request: arrival.request.id, route: route.path, error });
      return internalError(error, arrival.request.id);
    };
    void reply.headers({ "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" });
    return reply.send(eventStream(source, controller.signal, unexpected));
  }

  async function answerRaw(route: RawRoute, arrival: Arrival, reply: FastifyReply): Promise<FastifyReply> {
    const output = await route.answer(arrival, arrival.request.raw, reply);
    refuseUnchecked(route, arrival.request);
    return output === reply || reply.sent ? reply : reply.send(output);
  }

  function refuseUnchecked(route: Route, request: FastifyRequest): void {
    if (visitOf(request).isAllowed) return;
    throw new Error(
      `${route.methods.join("|")} ${route.path} answered without calling allow() or onlyAllowed()`,
    );
  }

  function visitOf(request: FastifyRequest): OpenVisit {
    const visit = visits.get(request);
    if (visit === undefined) throw new Error("a handler ran without the gate");
    return visit;
  }

  function arrivalOf(route: Route, request: FastifyRequest, reply: FastifyReply): Arrival {
    const visit = visitOf(request);
    const allow = async (project?: string, thing?: string): Promise<void> => {
      if (route.permission !== "public")
        await parts.authorise(visit.principal, route.permission, project, thing);
      visit.isAllowed = true;
    };
    return {
      principal: visit.principal,
      request,
      get signal() {
        return visit.controller().signal;
      },
      params: request.params,
      query: request.query,
      body: request.body,
      lastEventId: textOf(request.headers["last-event-id"]),
      allow,
      async onlyAllowed(rows, projectOf, thingOf = () => undefined) {
        const may = checkOnce(route, visit.principal);
        visit.isAllowed = true;
        const answers = await Promise.all(rows.map((row) => may(projectOf(row), thingOf(row))));
        return rows.filter((_, index) => answers[index]);
      },
      setHeader: (name, value) => void reply.header(name, value),
    };
  }

  /** Asks once for each project and thing, however many rows there are of it. */
  function checkOnce(
    { permission }: Pick<Route, "permission">,
    principal: Principal,
  ): (project: string, thing: string | undefined) => Promise<boolean> {
    const known = new Map<string, Promise<boolean>>();
    return (project, thing) => {
      if (permission === "public") return Promise.resolve(true);
      const key = JSON.stringify([project, thing]);
      const answer = known.get(key) ?? holds(principal, permission, project, thing);
      known.set(key, answer);
      return answer;
    };
  }

  async function holds(
    principal: Principal,
    permission: Permission,
    project: string,
    thing: string | undefined,
  ): Promise<boolean> {
    try {
      await parts.authorise(principal, permission, project, thing);
      return true;
    } catch (error) {
      if (error instanceof Problem && error.kind === "forbidden") return false;
      throw error;
    }
  }

  return {
    async begin(route, request, reply) {
      const controller = controllerOf(reply);
      const known = await parts.authenticate(credentialsOf(request));
      if (known === undefined && route.permission !== "public") {
        throw new Problem(authProblems.not_signed_in, {
          message: `${request.method} ${route.path} needs a token or a session.`,
        });
      }
      const principal = known ?? anonymous;
      const isPathScoped = route.permission !== "public" && route.scope !== "handler";
      if (isPathScoped) await parts.authorise(principal, route.permission, projectInPath(request));
      visits.set(request, {
        principal,
        controller,
        isAllowed: isPathScoped || route.permission === "public",
      });
    },
    async answer(route, request, reply) {
      const arrival = arrivalOf(route, request, reply);
      const respond = async (): Promise<FastifyReply> => {
        if (route.kind === "json") return await answerJson(route, arrival, reply);
        return route.kind === "stream"
          ? await answerStream(route, arrival, reply)
          : await answerRaw(route, arrival, reply);
      };
      const { bounds } = arrival.principal;
      return bounds === undefined ? await respond() : await actThrough(bounds.through, respond);
    },
    endStreams() {
      for (const controller of streams) controller.abort();
    },
  };
}

/**
 * Made when somebody asks for it: most handlers are done before anybody could leave, and making and
 * aborting a signal costs more than the rest of the gate.
 */
function controllerOf(reply: FastifyReply): () => AbortController {
  let controller: AbortController | undefined;
  reply.raw.once("close", () => controller?.abort());
  return () => {
    if (controller !== undefined) return controller;
    controller = new AbortController();
    if (reply.raw.closed) controller.abort();
    return controller;
  };
}

function credentialsOf(request: FastifyRequest): Parameters<Authenticate>[0] {
  const { headers } = request;
  return {
    authorization: headers.authorization,
    cookie: headers.cookie,
    remoteAddress: request.ip,
    forwarded: headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined,
  };
}

function projectInPath(request: FastifyRequest): string | undefined {
  const { params } = request;
  if (typeof params !== "object" || params === null || !("project" in params)) return undefined;
  return typeof params.project === "string" ? params.project : undefined;
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
