import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Figure } from "../figures.ts";
import { openClient } from "./client.ts";
import type { TrackingClient } from "./client.ts";
import { fillRuns } from "./fill.ts";
import { startGyre } from "./target.ts";
import { quantile } from "./turns.ts";

const runCount = 100_000;
const pageSize = 100;
const repeats = 9;
const stride = 10_000;

/** Searches, start and memory with 100,000 runs. */
export async function measureScale(folder: string, database?: string): Promise<readonly Figure[]> {
  await mkdir(join(folder, ".gyre"), { recursive: true });
  await fillRuns({ stateFolder: join(folder, ".gyre"), database, runCount });
  const starts: number[] = [];
  const processorMs: number[] = [];
  for (let number = 0; number < 5; number++) {
    const target = await startGyre({ folder, database });
    starts.push(target.startMs);
    processorMs.push(target.startProcessorMs);
    await target.stop();
  }
  const target = await startGyre({ folder, database });
  try {
    const client = openClient(target.port);
    const figures: Figure[] = [
      {
        what: `start with ${runCount} runs, median of 5`,
        value: quantile(starts, 0.5),
        unit: "ms",
        target: 500,
        note: `${quantile(processorMs, 0.5)} ms of processor time`,
      },
    ];
    // A page at a time, as a person reads; the walk to later pages, in long strides, comes after.
    for (const search of searches) await client.call("runs/search", bodyOf(search));
    await sleep(5_000);
    figures.push({
      what: "resident memory after a page of each search",
      value: await target.serverMb(),
      unit: "MB",
      target: 150,
      note: `with its children ${Math.round(await target.residentMb())} MB`,
    });
    for (const search of searches) figures.push(await measureSearch(client, search));
    await sleep(5_000);
    client.close();
    figures.push({
      what: `resident memory after answers of ${stride} runs`,
      value: await target.serverMb(),
      unit: "MB",
    });
    return figures;
  } finally {
    await target.stop();
  }
}

interface Search {
  readonly filter?: string;
  readonly orderBy?: string;
}

const searches: readonly Search[] = [
  {},
  { orderBy: "metrics.auc DESC" },
  { filter: "metrics.auc > 0.2", orderBy: "metrics.auc DESC" },
  { filter: "metrics.auc > 0.2 and params.p1 = '3'", orderBy: "metrics.auc DESC" },
  { filter: "metrics.auc > 0.998", orderBy: "start_time ASC" },
  { filter: "params.p1 = '3' and params.p3 = '9'", orderBy: "params.p2 ASC" },
  { filter: "tags.team = 'care' and metrics.m1 >= 90", orderBy: "metrics.m2 ASC" },
  { filter: "tags.team LIKE '%ill%'", orderBy: "attributes.run_name ASC" },
  { filter: "attributes.run_name LIKE '%99%'", orderBy: "start_time DESC" },
  { filter: "attributes.run_name ILIKE 'A%' and metrics.auc < 0.5", orderBy: "tags.team DESC" },
  { filter: "attributes.status = 'FINISHED'" },
  { filter: "params.p1 = 'none such'", orderBy: "metrics.auc DESC" },
];

/** The first page, one in the middle and the last one there is, each from its token. */
async function measureSearch(client: TrackingClient, search: Search): Promise<Figure> {
  const { filter, orderBy } = search;
  const body = bodyOf(search);
  const tokens = await tokensOf(client, body);
  const places = [
    ["first", tokens[0]],
    ["middle", tokens[Math.floor(tokens.length / 2)]],
    ["last", tokens.at(-1)],
  ] as const;
  const medians: { place: string; p50Ms: number }[] = [];
  for (const [place, token] of places) {
    const measured: number[] = [];
    for (let number = 0; number < repeats; number++) {
      const page = token === undefined || token === "" ? {} : { page_token: token };
      measured.push((await client.call("runs/search", { ...body, ...page })).latencyMs);
    }
    medians.push({ place, p50Ms: quantile(measured, 0.5) });
  }
  return {
    what: [filter ?? "all", ...(orderBy === undefined ? [] : [`by ${orderBy}`])].join(" "),
    value: Math.max(...medians.map(({ p50Ms }) => p50Ms)),
    unit: "ms",
    target: 50,
    note: `${medians.map(({ place, p50Ms }) => `${place} page ${p50Ms.toFixed(1)}`).join(", ")}; ${tokens.length} pages`,
  };
}

function bodyOf({ filter, orderBy }: Search): object {
  return {
    experiment_ids: ["1"],
    max_results: pageSize,
    ...(filter === undefined ? {} : { filter }),
    ...(orderBy === undefined ? {} : { order_by: [orderBy] }),
  };
}

/** Walks in long strides: the token of each page, "" for the first. */
async function tokensOf(client: TrackingClient, body: object): Promise<string[]> {
  const tokens = [""];
  for (;;) {
    const token = tokens.at(-1);
    const page = token === "" ? {} : { page_token: token };
    const answer = await client.call("runs/search", { ...body, ...page, max_results: stride });
    const next = /"next_page_token":\s*"([^"]+)"/.exec(answer.body)?.[1];
    if (next === undefined) return tokens;
    tokens.push(next);
  }
}
