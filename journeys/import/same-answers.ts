import { z } from "zod";

/* The same searches at MLflow's own server and at ours: whatever is imported must be found by them alike. */

const care = ["1"];
const place = [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "1" } }];

const runSearches = [
  { filter: "metrics.loss < 0.05", order_by: ["metrics.accuracy DESC"] },
  { filter: "metrics.accuracy >= 0.5 and params.depth = '3'", order_by: ["attributes.start_time ASC"] },
  { filter: "tags.state LIKE 'o%' and attributes.status = 'FAILED'", order_by: ["params.index ASC"] },
  { filter: "datasets.name = 'table'", order_by: [] },
  { filter: "", order_by: ["metrics.huge ASC", "attributes.start_time DESC"], run_view_type: "DELETED_ONLY" },
];
const traceFilters = [
  "",
  "status = 'ERROR'",
  "tags.topic = 'shoes'",
  "span.type = 'RETRIEVER' and span.status = 'ERROR'",
  "feedback.correct = 'partly'",
  "expectation.expected IS NOT NULL",
  "prompt = 'greeting/1'",
  "trace.text LIKE '%größer%'",
  "execution_time_ms >= 0 and name = 'answer'",
];

const runsFound = z
  .object({ runs: z.array(z.object({ info: z.object({ run_id: z.string() }) })).default([]) })
  .transform(({ runs }) => runs.map((run) => run.info.run_id));
const tracesFound = z
  .object({ traces: z.array(z.object({ trace_id: z.string() })).default([]) })
  .transform(({ traces }) => traces.map((trace) => trace.trace_id));

/** What each search finds, in order; servers before version 3 are not asked for traces. */
export async function answersOf(
  url: string,
  options: { readonly withTraces: boolean },
): Promise<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {};
  for (const search of runSearches) {
    const body = { experiment_ids: care, max_results: 1_000, ...search };
    found[`runs: ${JSON.stringify(search)}`] = runsFound.parse(
      await post(`${url}/api/2.0/mlflow/runs/search`, body),
    );
  }
  const linked = found[`runs: ${JSON.stringify(runSearches[3])}`]?.[0] ?? "";
  for (const filter of options.withTraces ? [...traceFilters, `run_id = '${linked}'`] : []) {
    const body = { locations: place, filter, max_results: 500, order_by: ["timestamp_ms ASC"] };
    const ids = tracesFound.parse(await post(`${url}/api/3.0/mlflow/traces/search`, body));
    found[`traces: ${filter}`] = ids.toSorted();
  }
  return found;
}

async function post(url: string, body: object): Promise<unknown> {
  const answer = await fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  return await answer.json();
}
