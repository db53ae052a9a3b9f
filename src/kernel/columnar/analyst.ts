import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";

import type { z } from "zod";

import { diskProblems, onDisk } from "../disk.ts";
import { Problem } from "../errors.ts";
import { forkAnalyst } from "./analyst-channel.ts";
import type { AnalystChannel } from "./analyst-channel.ts";
import type { QueryParameter, QueryResponse } from "./messages.ts";
import { problems } from "./problems.ts";

export interface AnalystOptions {
  /** Where DuckDB spills what does not fit its memory. */
  readonly folder: string;
  /** 512 by default. */
  readonly memoryLimitMb?: number;
  readonly threads?: number;
  /** Queries may read and write under these folders only; everywhere when absent. */
  readonly allowedFolders?: readonly string[];
  /** The process ends when nothing was asked for this long. 60 s by default. */
  readonly idleMs?: number;
  /** The result of one `rows` may have this many rows. One million by default. */
  readonly maximumRows?: number;
}

export interface QueryOptions {
  /** 5 minutes by default. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * DuckDB in a process of its own, so that a heavy query can neither block nor kill the server.
 * `src/kernel/columnar/values.ts` says how values travel. Statements are ours alone: what comes from
 * a user goes into parameters, or through `sqlName` and `sqlText`.
 */
export interface Analyst {
  /**
   * The rows of a query that only reads: asked a second time by itself when the process died under it.
   * Throws `analyst_died`, `query_failed`, `query_out_of_memory`, `query_timed_out`, `result_too_large`.
   */
  rows<Row>(
    sql: string,
    parameters: readonly QueryParameter[],
    schema: z.ZodType<Row>,
    options?: QueryOptions,
  ): Promise<Row[]>;
  /** A statement with an effect, such as `copy … to`. Never tried twice by itself. */
  run(sql: string, parameters?: readonly QueryParameter[], options?: QueryOptions): Promise<void>;
  /** The process's number while it runs: for health pages, and for tests that end it. */
  processId(): number | undefined;
  stop(): Promise<void>;
}

/** Nothing starts before the first question. */
export function createAnalyst(options: AnalystOptions): Analyst {
  const idleMs = options.idleMs ?? 60_000;
  const maximumRows = options.maximumRows ?? 1_000_000;
  let channel: Promise<AnalystChannel> | undefined;
  let current: AnalystChannel | undefined;
  let idleTimer: NodeJS.Timeout | undefined;
  let pending = 0;

  async function start(): Promise<AnalystChannel> {
    await onDisk(options.folder, () => mkdir(options.folder, { recursive: true }));
    const started = forkAnalyst({
      temporaryFolder: options.folder,
      memoryLimitMb: options.memoryLimitMb ?? 512,
      threads: options.threads ?? availableParallelism(),
      ...(options.allowedFolders === undefined ? {} : { allowedFolders: [...options.allowedFolders] }),
    });
    current = started;
    void started.ended.then(() => {
      if (current !== started) return;
      channel = undefined;
      current = undefined;
    });
    return started;
  }

  async function ask(
    sql: string,
    parameters: readonly QueryParameter[],
    query: QueryOptions,
  ): Promise<QueryResponse> {
    clearTimeout(idleTimer);
    pending++;
    try {
      channel ??= start();
      const opened = await channel.catch((error: unknown) => {
        channel = undefined;
        throw error;
      });
      return await opened.ask({ sql, parameters, maximumRows }, query);
    } finally {
      pending--;
      if (pending === 0) planEnd();
    }
  }

  function planEnd(): void {
    idleTimer = setTimeout(() => void stop(), idleMs);
    idleTimer.unref();
  }

  async function stop(): Promise<void> {
    clearTimeout(idleTimer);
    const ending = current;
    channel = undefined;
    current = undefined;
    await ending?.end();
  }

  return {
    async rows(sql, parameters, schema, query = {}) {
      const answer = await ask(sql, parameters, query).catch(async (error: unknown) => {
        if (!(error instanceof Problem) || error.code !== "analyst_died") throw error;
        return await ask(sql, parameters, query);
      });
      return toRecords(answer, sql).map((row) => schema.parse(row));
    },
    async run(sql, parameters = [], query = {}) {
      toRecords(await ask(sql, parameters, query), sql);
    },
    processId: () => current?.processId,
    stop,
  };
}

function toRecords(answer: QueryResponse, sql: string): Record<string, unknown>[] {
  if ("failure" in answer) throw toProblem(answer.failure, answer.message, sql);
  return answer.rows.map((row) => Object.fromEntries(answer.names.map((name, index) => [name, row[index]])));
}

const failures = {
  failed: problems.query_failed,
  interrupted: problems.query_timed_out,
  out_of_memory: problems.query_out_of_memory,
  too_large: problems.result_too_large,
  disk_full: diskProblems.disk_full,
} as const;

function toProblem(failure: keyof typeof failures, message: string, sql: string): Problem {
  return new Problem(failures[failure], {
    message: message.split("\n")[0] ?? message,
    data: { sql: sql.slice(0, 2_000) },
  });
}
