import { parseExactJson } from "#kernel/exact-json";
import { Problem } from "#kernel/errors";

import type { TraceRecord } from "./records.ts";
import type { ServerCalls } from "./server-source.ts";
import type { Located, MlflowSource, SpanOfTrace } from "./source.ts";
import { oldTracePage, tracePage, wholeTraces } from "./wire-traces.ts";

const pageTraces = 100;
// Their ids travel in an address.
const tracesAtOnce = 20;

/** The traces of a running server, in the answers of version 3 or of the versions before. */
export function createServerTraces(
  calls: ServerCalls,
  runIdsOf: (experimentId: string) => AsyncIterable<readonly string[]>,
): Pick<MlflowSource, "traces" | "spans"> {
  async function* pages(experimentId: string, filter = ""): AsyncIterable<readonly Located<TraceRecord>[]> {
    const query = { filter, max_results: pageTraces, order_by: ["timestamp_ms ASC"] };
    const place = { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experimentId } };
    let token = "";
    do {
      const body = { ...query, locations: [place], ...(token === "" ? {} : { page_token: token }) };
      const page = await calls.post("/api/3.0/mlflow/traces/search", tracePage, body);
      yield page.entries;
      token = page.token;
    } while (token !== "");
  }

  async function* oldPages(experimentId: string): AsyncIterable<readonly Located<TraceRecord>[]> {
    const query = `experiment_ids=${experimentId}&max_results=${pageTraces}&order_by=timestamp_ms%20ASC`;
    let token = "";
    do {
      const more = token === "" ? "" : `&page_token=${encodeURIComponent(token)}`;
      const page = await calls.get(`/api/2.0/mlflow/traces?${query}${more}`, oldTracePage);
      yield page.entries;
      token = page.token;
    } while (token !== "");
  }

  /** No answer names the runs a trace is linked to; each run is asked for its traces. */
  async function linksIn(experimentId: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const links: { readonly trace: string; readonly run: string }[] = [];
    for await (const runIds of runIdsOf(experimentId)) {
      for (const run of runIds) {
        for await (const page of pages(experimentId, `attributes.run_id = '${run}'`)) {
          const linked = page.filter((trace) => trace.metadata["mlflow.sourceRun"] !== run);
          links.push(...linked.map((trace) => ({ trace: trace.id, run })));
        }
      }
    }
    const byTrace = Map.groupBy(links, (link) => link.trace);
    return new Map([...byTrace].map(([trace, of]) => [trace, of.map((link) => link.run)]));
  }

  return {
    async *traces(experimentId) {
      let links: ReadonlyMap<string, readonly string[]> | undefined;
      try {
        for await (const page of pages(experimentId)) {
          if (page.length === 0) continue;
          links ??= await linksIn(experimentId);
          const known = links;
          yield page.map((trace) => ({ ...trace, runIds: [...(known.get(trace.id) ?? [])] }));
        }
      } catch (error) {
        if (!isUnknownRoute(error)) throw error;
        for await (const page of oldPages(experimentId)) if (page.length > 0) yield page;
      }
    },
    async *spans(traceIds) {
      for (let from = 0; from < traceIds.length; from += tracesAtOnce) {
        const ids = traceIds.slice(from, from + tracesAtOnce);
        const query = ids.map((id) => `trace_ids=${encodeURIComponent(id)}`).join("&");
        try {
          const answer = await calls.download(`/api/3.0/mlflow/traces/batchGet?${query}`);
          const { traces } = wholeTraces.parse(parseExactJson(await answer.text()));
          yield traces.flatMap(({ traceId, spans }): SpanOfTrace[] =>
            spans.map((span) => ({ traceId, span })),
          );
        } catch (error) {
          // Servers before 3.5 keep spans in files alone.
          if (!isUnknownRoute(error)) throw error;
        }
      }
    },
  };
}

function isUnknownRoute(error: unknown): boolean {
  return error instanceof Problem && (error.kind === "not_found" || / answered 405 /.test(error.message));
}
