import type { ServerResponse } from "node:http";

import { Problem } from "#kernel/errors";
import type { ProblemKind } from "#kernel/errors";

import type { Complain } from "./complaints.ts";
import { problems } from "./problems.ts";

const statuses: Readonly<Record<ProblemKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unavailable: 503,
  failed: 500,
};

/** Bodies go out as texts: node:http then sends them with the head in one write. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, JSON.stringify(value), "application/json");
}

export function sendText(response: ServerResponse, text: string, type: string): void {
  send(response, 200, text, type);
}

/** The answer to OPTIONS. */
export function sendNothing(response: ServerResponse, methods: readonly string[]): void {
  response.writeHead(204, { allow: methods.join(", ") });
  response.end();
}

/** An error of ours without its stack, which only the operator sees; `error` is the protocol's name for the message. */
export function sendProblem(response: ServerResponse, error: unknown, complain: Complain): void {
  if (!(error instanceof Problem)) {
    complain(error);
    return sendJson(response, 500, { error: "The gateway made a mistake.", code: "internal_error" });
  }
  const { message, code, next, data } = error;
  const status = code === problems.method_not_allowed.code ? 405 : statuses[error.kind];
  if (status >= 500) complain(error);
  if (status === 503) response.setHeader("retry-after", "1");
  sendJson(response, status, { error: message, code, next, data });
}

function send(response: ServerResponse, status: number, text: string, type: string): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
