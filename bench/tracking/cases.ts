import { requestOf } from "./client.ts";
import type { TrackingClient } from "./client.ts";
import type { Request } from "../load/exchange.ts";

/** What the requests of a case refer to, on one server. */
export interface Prepared {
  readonly experiment: string;
  readonly run: string;
  /** A run for each of the writers. */
  readonly runs: readonly string[];
  /** A run with a metric `history` of 2,400 points. */
  readonly long: string;
}

/** A kind of request, sent to each server in turn. */
export interface Case {
  readonly what: string;
  readonly writers: number;
  /** How many requests of each writer make a turn. */
  readonly each: number;
  /** How many times as fast as the peer the median must be. */
  readonly atLeast?: number;
  /** `number` counts through all turns, so that nothing is ever logged twice. */
  request(prepared: Prepared, number: number, writer: number): Request;
}

const filter = "metrics.auc > 0.2 and params.p1 = '3'";

export const cases: readonly Case[] = [
  {
    what: "log-metric, one writer",
    writers: 1,
    each: 60,
    atLeast: 20,
    request: ({ run }, number) => logMetric(run, number),
  },
  {
    what: "log-metric, 8 writers",
    writers: 8,
    each: 50,
    atLeast: 20,
    request: ({ runs }, number, writer) => logMetric(runs[writer] ?? "", number),
  },
  {
    what: "log-batch, 1000 metrics",
    writers: 1,
    each: 8,
    atLeast: 10,
    request: ({ run }, number) =>
      requestOf("runs/log-batch", { run_id: run, metrics: points(1_000, number) }),
  },
  {
    what: "runs/create",
    writers: 1,
    each: 30,
    request: ({ experiment }) =>
      requestOf("runs/create", { experiment_id: experiment, start_time: Date.now() }),
  },
  {
    what: "runs/get, 5 metrics and 5 params",
    writers: 1,
    each: 40,
    request: ({ runs }) => requestOf(`runs/get?run_id=${runs[0]}`),
  },
  {
    what: "search 1000 runs, filter and order, a page of 100",
    writers: 1,
    each: 10,
    atLeast: 10,
    request: ({ experiment }) =>
      requestOf("runs/search", {
        experiment_ids: [experiment],
        filter,
        order_by: ["metrics.auc DESC"],
        max_results: 100,
      }),
  },
  {
    what: "history of 2400 points",
    writers: 1,
    each: 10,
    atLeast: 8,
    request: ({ long }) =>
      requestOf(`metrics/get-history?run_id=${long}&metric_key=history&max_results=25000`),
  },
  {
    what: "history of 2400 points, sampled to 320",
    writers: 1,
    each: 10,
    request: ({ long }) =>
      requestOf(`metrics/get-history-bulk-interval?run_ids=${long}&metric_key=history&max_results=320`),
  },
];

/** Fills a server with what the cases ask for: 1000 runs with metrics and params, one with a long series. */
export async function prepare(client: TrackingClient, runCount: number): Promise<Prepared> {
  const experiment = await client.createExperiment("bench");
  const found = await client.createExperiment("found");
  const runs: string[] = [];
  for (let number = 0; number < client.connections.length; number++) {
    const run = await client.createRun(experiment);
    await client.call("runs/log-batch", { run_id: run, ...contentOf(number) });
    runs.push(run);
  }
  const run = await client.createRun(experiment);
  const long = await client.createRun(experiment);
  for (let from = 0; from < 2_400; from += 800) {
    const metrics = Array.from({ length: 800 }, (_, index) => point("history", from + index));
    await client.call("runs/log-batch", { run_id: long, metrics });
  }
  for (let number = 0; number < runCount; number++) {
    const body = { run_id: await client.createRun(found), ...contentOf(number) };
    await client.call("runs/log-batch", body);
  }
  return { experiment: found, run, runs, long };
}

/** What the run of this number has: values spread evenly, the same on every server. */
export function contentOf(number: number) {
  return {
    metrics: [
      { key: "auc", value: ((number * 7_919) % 1_000) / 1_000, timestamp: 1, step: 0 },
      ...[1, 2, 3, 4].map((at) => ({ key: `m${at}`, value: (number % 97) / at, timestamp: 1, step: 0 })),
    ],
    params: [1, 2, 3, 4, 5].map((at) => ({ key: `p${at}`, value: String((number * at) % 10) })),
    tags: [{ key: "team", value: ["care", "sales", "billing"][number % 3] ?? "" }],
  };
}

function logMetric(run: string, number: number): Request {
  return requestOf("runs/log-metric", { run_id: run, ...point("loss", number) });
}

function points(count: number, batch: number): object[] {
  return Array.from({ length: count }, (_, index) => point(`series ${index % 10}`, batch * count + index));
}

function point(key: string, step: number): object {
  return { key, value: Math.sin(step), timestamp: 1_700_000_000_000 + step, step };
}
