import { z } from "zod";

import type { ServerProcess } from "./server.ts";

const writers = 8;
const batchSize = 25;
const base = "/api/2.0/mlflow";
const runSchema = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });
const historySchema = z.object({ metrics: z.array(z.object({ step: z.number(), value: z.number() })) });

/** What one request brings: kept whole or not at all. */
interface Write {
  readonly run: string;
  readonly key: "loss" | "series";
  readonly steps: readonly number[];
}

/** What a killed server was told, and what it had said to have kept. */
export interface Written {
  readonly runs: readonly string[];
  readonly acknowledged: readonly Write[];
  /** Sent, and never answered: they may be there or not. */
  readonly unanswered: readonly Write[];
}

/** Logs from 8 connections, one point and 25 points in turn, and kills the server after so many answers. */
export async function writeUntilKilled(server: ServerProcess, answers: number): Promise<Written> {
  const { experiment_id } = await server.post(
    `${base}/experiments/create`,
    { name: `killed ${Date.now()}` },
    z.object({ experiment_id: z.string() }),
  );
  const runs: string[] = [];
  for (let number = 0; number < writers; number++) {
    const { run } = await server.post(`${base}/runs/create`, { experiment_id, start_time: 1 }, runSchema);
    runs.push(run.info.run_id);
  }
  const acknowledged: Write[] = [];
  const unanswered: Write[] = [];
  let killed: Promise<void> | undefined;
  const write = async (run: string): Promise<void> => {
    for (let number = 0; ; number++) {
      const one = writeOf(run, number);
      try {
        await send(server, one);
      } catch {
        unanswered.push(one);
        return;
      }
      acknowledged.push(one);
      if (acknowledged.length >= answers) killed ??= server.kill();
    }
  };
  await Promise.all(runs.map(write));
  await killed;
  return { runs, acknowledged, unanswered };
}

function writeOf(run: string, number: number): Write {
  if (number % 2 === 0) return { run, key: "loss", steps: [number] };
  return { run, key: "series", steps: Array.from({ length: batchSize }, (_, at) => number * batchSize + at) };
}

async function send(server: ServerProcess, { run, key, steps }: Write): Promise<void> {
  const points = steps.map((step) => ({ key, value: valueAt(step), timestamp: 1_000 + step, step }));
  const [first] = points;
  if (key === "loss") await server.post(`${base}/runs/log-metric`, { run_id: run, ...first }, z.unknown());
  else await server.post(`${base}/runs/log-batch`, { run_id: run, metrics: points }, z.unknown());
}

function valueAt(step: number): number {
  return Math.sin(step);
}

/** What is wrong with what a server kept. */
export interface Damage {
  /** Points it had acknowledged and does not have, or has with another value. */
  readonly lost: number;
  /** Requests of which it kept a part. */
  readonly halves: number;
  /** Points it has twice. */
  readonly twice: number;
  /** Points nobody sent. */
  readonly strange: number;
}

/** Compares what was written with what a server, started again, gives back. */
export async function findDamage(server: ServerProcess, written: Written): Promise<Damage> {
  const damage = { lost: 0, halves: 0, twice: 0, strange: 0 };
  for (const run of written.runs) {
    for (const key of ["loss", "series"] as const) {
      const path = `${base}/metrics/get-history?run_id=${run}&metric_key=${key}&max_results=25000`;
      const { metrics } = await server.get(path, historySchema);
      const kept = new Map(metrics.map(({ step, value }) => [step, value]));
      const isOurs = (one: Write): boolean => one.run === run && one.key === key;
      const acknowledged = written.acknowledged.filter(isOurs);
      const unanswered = written.unanswered.filter(isOurs);
      const sent = new Set([...acknowledged, ...unanswered].flatMap(({ steps }) => steps));
      const isKept = (step: number): boolean => kept.get(step) === valueAt(step);
      damage.lost += acknowledged.flatMap(({ steps }) => steps).filter((step) => !isKept(step)).length;
      damage.halves += unanswered.filter(({ steps }) => steps.some(isKept) && !steps.every(isKept)).length;
      damage.twice += metrics.length - kept.size;
      damage.strange += [...kept.keys()].filter((step) => !sent.has(step)).length;
    }
  }
  return damage;
}
