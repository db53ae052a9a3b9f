import { createReadStream } from "node:fs";

import { z } from "zod";

import { digestOf } from "#kernel/digest";
import { defineRawRoute, defineRoute, defineStream, sendBlob } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { Logs } from "./execution/logs.ts";
import type { PipelinesQuestions } from "./questions.ts";
import { executionOfProject, stepOf } from "./routes.ts";
import { logHits, logLines } from "./step-logs/schemas.ts";
import { createLineIndexes, isWhole } from "./step-logs/line-index.ts";
import { followLines } from "./step-logs/follow-lines.ts";
import { readLines } from "./step-logs/read-lines.ts";
import { readTail } from "./step-logs/read-tail.ts";
import { searchLines } from "./step-logs/search-lines.ts";

const base = "/api/v1/projects/:project/executions/:execution/steps/:stage/log";
const tags = ["pipelines"];
const whichAttempt = z.coerce.number().int().min(1).optional();

// A log of some ten megabytes is read to its end within it; of a longer one it is answered what is known.
const firstAnswerMs = 150;
const turnMs = 1_000;

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
      summary:
        "Reads lines of the log of a step; a negative number counts from the end, which is there at once",
      tags,
      query: z.object({
        from: z.coerce.number().int().default(1),
        count: z.coerce.number().int().min(1).max(2_000).default(500),
        attempt: whichAttempt,
      }),
      response: logLines,
      async handler({ params, query }) {
        const { path, attempt } = await find(params, query.attempt);
        const index = await indexes.read(path, { withinMs: firstAnswerMs });
        const { lines: total, sizeBytes: readBytes, fileBytes: sizeBytes, firstError } = index;
        const { from, count } = query;
        const part =
          from < 0 && !isWhole(index)
            ? await readTail(path, sizeBytes, Math.min(count, -from))
            : await readLines(path, index, { from: from < 0 ? total + from + 1 : from, count });
        return {
          ...part,
          lines: [...part.lines],
          errors: [...part.errors],
          total,
          sizeBytes,
          readBytes,
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
        let index = await indexes.read(path, { withinMs: firstAnswerMs });
        // Whoever has searched all that was read waits for more, as long as a turn takes.
        if (from >= index.lines && !isWhole(index)) index = await indexes.read(path, { withinMs: turnMs });
        const { hits, ...rest } = await searchLines(path, index, { text, from, limit, signal });
        return { hits: [...hits], ...rest };
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
      query: z.object({ attempt: whichAttempt }),
      async handler({ params, query, reply }) {
        const { step, attempt, path } = await find(params, query.attempt);
        const { fileBytes: sizeBytes } = await indexes.read(path, { withinMs: 0 });
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
