import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

import { Problem } from "#kernel/errors";
import { defineRawRoute } from "#kernel/http";
import type { Route } from "#kernel/http";
import type { LineageCommands } from "#lineage/commands";

import { largestBodyBytes, readEventBody } from "./read-body.ts";
import { readEvent } from "./read-event.ts";

const tags = ["lineage"];

interface Sender {
  readonly project: string | null;
  readonly actor: string;
}

/**
 * Where emitters of OpenLineage report. The paths are those every client has as its default; below a
 * project what is reported belongs to it, and a token of that project suffices.
 */
export function createReceivingRoutes(commands: LineageCommands): readonly Route[] {
  const take = async (value: unknown, sender: Sender): Promise<void> => {
    await commands.record({ ...readEvent(value), ...sender, body: JSON.stringify(value) });
  };
  const one = async (arrived: Arrived, sender: Sender): Promise<object> => {
    await take(await readArrived(arrived), sender);
    return {};
  };
  const many = async (arrived: Arrived, sender: Sender): Promise<object> =>
    await takeBatch(await readArrived(arrived), async (event) => await take(event, sender));

  const shared = { method: "POST", permission: "run:write", tags, bodyLimitBytes: largestBodyBytes } as const;
  return [
    defineRawRoute({
      ...shared,
      path: "/api/v1/lineage",
      summary: "Takes an OpenLineage event of a run, a job or a data set",
      handler: async ({ body, request, principal }) =>
        await one({ body, headers: request.headers }, { project: null, actor: principal.id }),
    }),
    defineRawRoute({
      ...shared,
      path: "/api/v1/lineage/batch",
      summary: "Takes a list of OpenLineage events, and says which could not be taken",
      handler: async ({ body, request, principal }) =>
        await many({ body, headers: request.headers }, { project: null, actor: principal.id }),
    }),
    defineRawRoute({
      ...shared,
      path: "/api/v1/projects/:project/lineage",
      summary: "Takes an OpenLineage event that belongs to the project",
      handler: async ({ body, request, principal, params }) =>
        await one({ body, headers: request.headers }, { project: params.project, actor: principal.id }),
    }),
    defineRawRoute({
      ...shared,
      path: "/api/v1/projects/:project/lineage/batch",
      summary: "Takes a list of OpenLineage events that belong to the project",
      handler: async ({ body, request, principal, params }) =>
        await many({ body, headers: request.headers }, { project: params.project, actor: principal.id }),
    }),
  ];
}

interface Arrived {
  readonly body: Readable;
  readonly headers: IncomingHttpHeaders;
}

async function readArrived({ body, headers }: Arrived): Promise<unknown> {
  return await readEventBody(body, headers["content-encoding"]);
}

/** The answer is that of the specification (spec/OpenLineage.yml): a bad event does not hold back the others. */
async function takeBatch(value: unknown, take: (event: unknown) => Promise<void>): Promise<object> {
  const events: readonly unknown[] = Array.isArray(value) ? value : [value];
  const failed: { index: number; reason: string; retriable: boolean }[] = [];
  for (const [index, event] of events.entries()) {
    try {
      await take(event);
    } catch (error) {
      const refusal = error instanceof Problem && error.kind === "invalid" ? error.message : undefined;
      failed.push({
        index,
        reason: refusal ?? "the server could not keep it",
        retriable: refusal === undefined,
      });
    }
  }
  const retriable = failed.filter((one) => one.retriable).length;
  return {
    status: failed.length === 0 ? "success" : "partial_success",
    summary: {
      received: events.length,
      successful: events.length - failed.length,
      failed: failed.length,
      retriable,
      non_retriable: failed.length - retriable,
    },
    failed_events: failed,
  };
}
