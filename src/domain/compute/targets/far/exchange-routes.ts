import { Readable } from "node:stream";

import type { FastifyRequest } from "fastify";
import { z } from "zod";

import { defineRawRoute, defineRoute, readBody } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { Bootstrap } from "./bootstrap.ts";
import type { Exchange } from "./exchange.ts";
import {
  assignmentSchema,
  beatAnswerSchema,
  beatSchema,
  checkpointSchema,
  endSchema,
  logAnswerSchema,
} from "./messages.ts";

const base = "/api/v1/compute/work/:work";
const tags = ["compute"];
const listingLimitBytes = 200 * 1024 * 1024;
const logPartLimitBytes = 1024 * 1024;
const tokenHeader = "x-gyre-work-token";

/**
 * What a piece of work elsewhere calls. The routes are public to the gate, because the token they ask for
 * belongs to no person and no service: each looks it up itself, before all else.
 */
export function createExchangeRoutes(exchange: Exchange, bootstrap: Bootstrap): readonly Route[] {
  const tokenOf = (request: FastifyRequest): string | undefined => {
    const header = request.headers[tokenHeader];
    return typeof header === "string" ? header : undefined;
  };
  const common = { permission: "public", tags } as const;
  return [
    defineRawRoute({
      ...common,
      method: "GET",
      path: "/api/v1/compute/bootstrap/:digest",
      summary: "The program that runs a piece of work elsewhere; it holds no secret",
      async handler({ params, reply }) {
        if (params.digest !== bootstrap.digest) return await reply.code(404).send();
        return await reply.type("text/x-python; charset=utf-8").send(bootstrap.text);
      },
    }),
    defineRoute({
      ...common,
      method: "GET",
      path: base,
      summary: "What a piece of work is to do, told to itself",
      response: assignmentSchema,
      handler: async ({ params, request }) =>
        await exchange.assignment(await exchange.open(params.work, tokenOf(request))),
    }),
    defineRawRoute({
      ...common,
      method: "GET",
      path: `${base}/inputs/:digest`,
      summary: "One input of a piece of work, for itself",
      async handler({ params, request, reply }) {
        const work = await exchange.open(params.work, tokenOf(request));
        const { sizeBytes, bytes } = await exchange.readInput(work, params.digest);
        void reply.header("content-length", sizeBytes).type("application/octet-stream");
        return await reply.send(Readable.from(bytes));
      },
    }),
    defineRawRoute({
      ...common,
      method: "PUT",
      path: `${base}/bytes/:digest`,
      summary: "Takes bytes that a piece of work made; refused when they do not have the digest",
      async handler({ params, request, body }) {
        const work = await exchange.open(params.work, tokenOf(request));
        return await exchange.takeBytes(work, params.digest, body);
      },
    }),
    defineRawRoute({
      ...common,
      method: "POST",
      path: `${base}/log`,
      summary: "Takes a part of what a piece of work prints; from says where it begins",
      query: z.object({ from: z.coerce.number().int().min(0) }),
      async handler({ params, query, request, body }) {
        const work = await exchange.open(params.work, tokenOf(request));
        const nextByte = await exchange.takeLog(work, query.from, await readBody(body, logPartLimitBytes));
        return logAnswerSchema.parse({ nextByte });
      },
    }),
    defineRoute({
      ...common,
      method: "POST",
      path: `${base}/beat`,
      summary: "A sign of life of a piece of work; the answer says whether it is to stop",
      body: beatSchema,
      response: beatAnswerSchema,
      async handler({ params, body, request }) {
        const work = await exchange.open(params.work, tokenOf(request));
        return await exchange.beat(work, body.phase, body.says);
      },
    }),
    defineRoute({
      ...common,
      method: "PUT",
      path: `${base}/checkpoint`,
      summary: "What the checkpoint folder of a piece of work holds now; the bytes were sent before",
      bodyLimitBytes: listingLimitBytes,
      body: checkpointSchema,
      response: z.void(),
      async handler({ params, body, request }) {
        await exchange.takeCheckpoint(await exchange.open(params.work, tokenOf(request)), body.files);
      },
    }),
    defineRoute({
      ...common,
      method: "POST",
      path: `${base}/end`,
      summary: "How a piece of work ended, with its outs; its token ends too",
      bodyLimitBytes: listingLimitBytes,
      body: endSchema,
      response: z.void(),
      async handler({ params, body, request }) {
        await exchange.end(await exchange.open(params.work, tokenOf(request)), body);
      },
    }),
  ];
}
