import { createReadStream } from "node:fs";

import { z } from "zod";

import { digestOf } from "#kernel/digest";
import { defineRawRoute, defineRoute, defineStream, sendBlob } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { Logs } from "./execution/logs.ts";
import type { PipelinesQuestions } from "./questions.ts";
import { executionOfProject, stepOf } from "./routes.ts";
import { logHits, logLines } from "./step-logs/schemas.ts";
import { createLineIndexes } from "./step-logs/line-index.ts";
import { followLines } from "./step-logs/follow-lines.ts";
import { readLines } from "./step-logs/read-lines.ts";
import { searchLines } from "./step-logs/search-lines.ts";

const base = "/api/v1/projects/:project/executions/:execution/steps/:stage/log";
const tags = ["pipelines"];
const whichAttempt = z.coerce.number().int().min(1).optional();

/** The log of a step by its lines: windows of them, searched and followed; a log of a gigabyte is never read whole. */
export function createLogRoutes(questions: Pick<PipelinesQuestions, "getExecution">, logs: Logs): Route[] {
  const indexes = createLineIndexes();
  const find = async (
    params: { readonly project: string; readonly execution: string; readonly stage: string },
    wanted: number | undefined,
  ) => {
    const execution = await executionOfProject(questions, params.project, params.execution);
    const step = stepOf(execution, params.stage);
    const attempt = wanted ?? step.attempt;
    return { execution, step, attempt, path: logs.pathOf(execution.id, { step: step.id, attempt }) };
  };
  return [
    defineRoute({
      method: "GET",
      path: `${base}/lines`,
      permission: "project:read",
      summary: "Reads lines of the log of a step; a negative number counts from the end",
      tags,
      query: z.object({
        from: z.coerce.number().int().default(1),
        count: z.coerce.number().int().min(1).max(2_000).default(500),
        attempt: whichAttempt,
      }),
      response: logLines,
      async handler({ params, query }) {
        const { path, attempt } = await find(params, query.attempt);
        const index = await indexes.read(path);
        const from = query.from < 0 ? index.lines + query.from + 1 : query.from;
        const part = await readLines(path, index, { from, count: query.count });
        const { lines: total, sizeBytes, firstError } = index;
        return {
          ...part,
          lines: [...part.lines],
          errors: [...part.errors],
          total,
          sizeBytes,
          firstError,
          attempt,
        };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/search`,
      permission: "project:read",
      summary: "Searches the log of a step, in turns of a second: search on from `next`",
      tags,
      query: z.object({
        text: z.string().min(1).max(1_000),
        from: z.coerce.number().int().min(1).default(1),
        limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
        attempt: whichAttempt,
      }),
      response: logHits,
      async handler({ params, query, signal }) {
        const { path } = await find(params, query.attempt);
        const { text, from, limit } = query;
        const found = await searchLines(path, await indexes.read(path), { text, from, limit, signal });
        return { hits: [...found.hits], next: found.next };
      },
    }),
    defineStream({
      path: `${base}/follow`,
      permission: "project:read",
      summary: "Follows the log of a step from a line on, until the step ends",
      tags,
      query: z.object({ from: z.coerce.number().int().min(1).default(1), attempt: whichAttempt }),
      async handler({ params, query, signal }) {
        const { execution, step, attempt, path } = await find(params, query.attempt);
        return followLines(indexes, {
          path,
          from: query.from,
          signal,
          async state() {
            const now = stepOf(await questions.getExecution(execution.id), step.id);
            return now.attempt === attempt ? now.state : "failed";
          },
        });
      },
    }),
    defineRawRoute({
      method: ["GET", "HEAD"],
      path: `${base}/file`,
      permission: "project:read",
      summary: "Downloads the log of a step as it was printed",
      tags,
      describes: { query: z.object({ attempt: whichAttempt }) },
      async handler({ params, query, reply }) {
        const wanted = z.object({ attempt: whichAttempt }).parse({ attempt: query["attempt"] });
        const { step, attempt, path } = await find(params, wanted.attempt);
        const { sizeBytes } = await indexes.read(path);
        return await sendBlob(reply, {
          // A log is only appended to: its length says what it holds.
          digest: digestOf(`${step.id} ${attempt} ${sizeBytes}`),
          sizeBytes,
          fileName: `${step.stage.replaceAll(/[^\w.@-]/g, "_")}.${attempt}.log`,
          mediaType: "text/plain; charset=utf-8",
          open: ({ start, end } = { start: 0, end: sizeBytes - 1 }) => createReadStream(path, { start, end }),
        });
      },
    }),
  ];
}
