import { z } from "zod";

import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";
import { unreadable } from "./rows.ts";
import { createServerFiles } from "./server-files.ts";
import { createServerTraces } from "./server-traces.ts";
import type { MlflowSource } from "./source.ts";
import {
  loggedModelPage,
  modelPage,
  runAnswer,
  runPage,
  experimentPage,
  metricPage,
  versionPage,
} from "./wire-records.ts";

/** Calls a server: parsed, with the answer's own words when it refuses. */
export interface ServerCalls {
  readonly url: string;
  get<Answer>(path: string, schema: z.ZodType<Answer>): Promise<Answer>;
  post<Answer>(path: string, schema: z.ZodType<Answer>, body: object): Promise<Answer>;
  download(path: string): Promise<Response>;
}

/** A running MLflow server, asked through its REST API. What it does not tell (deleted versions, times of tags) stays there. */
export async function createServerSource(calls: ServerCalls): Promise<MlflowSource> {
  const version = await (await calls.download("/version")).text();
  const api = "/api/2.0/mlflow";
  return {
    label: calls.url,
    version: `server ${version.trim().slice(0, 40)}`,
    async *experiments() {
      const body = { view_type: "ALL", max_results: 1_000, order_by: ["experiment_id ASC"] };
      for await (const page of searched(`${api}/experiments/search`, experimentPage, body)) yield* page;
    },
    async *runs(experimentId) {
      const body = {
        experiment_ids: [experimentId],
        run_view_type: "ALL",
        max_results: 100,
        order_by: ["attributes.run_id ASC"],
      };
      for await (const page of searched(`${api}/runs/search`, runPage, body)) {
        // A search leaves out which models a run read and made.
        const whole = [];
        for (const { id } of page) whole.push((await getRun(id)).run);
        if (whole.length > 0) yield whole;
      }
    },
    async *points(runId) {
      const { run } = await calls.get(runPath(runId), keysOfRun);
      for (const { key } of run.data.metrics) yield* history(runId, key);
    },
    async *loggedModels(experimentId) {
      const body = { experiment_ids: [experimentId], max_results: 50 };
      try {
        for await (const page of searched(`${api}/logged-models/search`, loggedModelPage, body)) {
          if (page.length > 0) yield page;
        }
      } catch (error) {
        // Servers before version 3 have no such route.
        if (!(error instanceof Problem && error.kind === "not_found")) throw error;
      }
    },
    async *models() {
      const prompts = "tags.`mlflow.prompt.is_prompt` = 'true'";
      for (const filter of ["", prompts]) {
        const query = `${api}/registered-models/search?max_results=100&filter=${encodeURIComponent(filter)}`;
        for await (const page of listed(query, modelPage)) {
          for (const found of page) yield { ...found, versions: await versionsOf(found.model.name, filter) };
        }
      }
    },
    ...createServerTraces(calls, runIdsOf),
    unmapped: async () => [],
    files: createServerFiles(calls),
    close: async () => {},
  };

  async function* runIdsOf(experimentId: string) {
    const body = { experiment_ids: [experimentId], run_view_type: "ALL", max_results: 1_000 };
    for await (const page of searched(`${api}/runs/search`, runPage, body)) yield page.map((run) => run.id);
  }

  async function getRun(runId: string) {
    return await calls.get(runPath(runId), runAnswer);
  }

  function runPath(runId: string): string {
    return `${api}/runs/get?run_id=${encodeURIComponent(runId)}`;
  }

  async function* history(runId: string, key: string) {
    const query = `run_id=${encodeURIComponent(runId)}&metric_key=${encodeURIComponent(key)}&max_results=20000`;
    for await (const page of listed(`${api}/metrics/get-history?${query}`, metricPage)) yield page;
  }

  async function versionsOf(name: string, filter: string) {
    const own = `name = '${name.replaceAll("'", "''")}'${filter === "" ? "" : ` AND ${filter}`}`;
    const query = `${api}/model-versions/search?max_results=1000&filter=${encodeURIComponent(own)}`;
    const versions = [];
    for await (const page of listed(query, versionPage)) versions.push(...page);
    return versions.toSorted((a, b) => a.number - b.number);
  }

  async function* searched<Entry>(
    path: string,
    schema: z.ZodType<{ entries: readonly Entry[]; token: string }>,
    body: object,
  ): AsyncIterable<readonly Entry[]> {
    let token = "";
    do {
      const page = await calls.post(path, schema, token === "" ? body : { ...body, page_token: token });
      yield page.entries;
      token = page.token;
    } while (token !== "");
  }

  async function* listed<Entry>(
    path: string,
    schema: z.ZodType<{ entries: readonly Entry[]; token: string }>,
  ): AsyncIterable<readonly Entry[]> {
    let token = "";
    do {
      const page = await calls.get(
        token === "" ? path : `${path}&page_token=${encodeURIComponent(token)}`,
        schema,
      );
      yield page.entries;
      token = page.token;
    } while (token !== "");
  }
}

const keysOfRun = z.object({
  run: z.object({
    data: z.object({ metrics: z.array(z.object({ key: z.string() })).default([]) }).default({ metrics: [] }),
  }),
});

/** Calls an MLflow server, with the signs its own clients use. */
export function createServerCalls(
  url: string,
  credentials: { readonly token?: string | undefined; readonly basic?: string | undefined },
): ServerCalls {
  const base = url.replace(/\/$/, "");
  const authorization =
    credentials.token !== undefined
      ? `Bearer ${credentials.token}`
      : credentials.basic === undefined
        ? undefined
        : `Basic ${Buffer.from(credentials.basic).toString("base64")}`;
  const request = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (authorization !== undefined) headers.set("authorization", authorization);
    // A redirect could lead elsewhere; the person named this address.
    const answer = await fetch(`${base}${path}`, { ...init, headers, redirect: "error" }).catch(
      (error: unknown) => {
        throw unreadable(base, error instanceof Error && error.cause instanceof Error ? error.cause : error);
      },
    );
    if (answer.ok) return answer;
    const words = (await answer.text()).slice(0, 300);
    throw new Problem(
      { ...problems.import_source_unreadable, kind: answer.status === 404 ? "not_found" : "invalid" },
      { message: `${base} answered ${answer.status} to ${path.split("?")[0] ?? path}: ${words}` },
    );
  };
  return {
    url: base,
    get: async (path, schema) => schema.parse(await (await request(path)).json()),
    async post(path, schema, body) {
      const headers = { "content-type": "application/json" };
      const answer = await request(path, { method: "POST", body: JSON.stringify(body), headers });
      return schema.parse(await answer.json());
    },
    download: (path) => request(path),
  };
}
