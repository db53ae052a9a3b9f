import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import type { Figure, Measurement } from "../figures.ts";
import { findMlflow } from "./mlflow.ts";
import { startGyre, startMlflow } from "./target.ts";
import type { Target } from "./target.ts";

const megabyte = 1024 * 1024;
const fileBytes = 1024 * megabyte;
const rounds = 3;

/**
 * A file of 1 GB up and down through the artifact service, ours beside `mlflow server`, in turns: the
 * figures are medians. Gyre computes the SHA-256 on the way and answers when the file is on the disk;
 * MLflow does neither. Memory is sampled every 50 ms while the bytes flow.
 */
export const artifacts: Measurement = {
  name: "artifacts",
  title: "A file of 1 GB beside MLflow's own server",
  isLong: true,
  async measure({ folder }) {
    const source = join(folder, "source.bin");
    await writeFileOfNoise(source);
    const program = await findMlflow();
    const targets: Target[] = [];
    try {
      targets.push(await startGyre({ folder: await emptyFolder(folder, "gyre") }));
      if (program !== undefined) {
        const place = await emptyFolder(folder, "mlflow");
        targets.push(await startMlflow({ program, folder: place, workers: 1 }));
      }
      const measured = targets.map((target) => ({ target, up: seconds(), down: seconds(), growthMb: 0 }));
      const runs = await Promise.all(targets.map(createRun));
      for (let round = 0; round < rounds; round++) {
        for (const [index, one] of measured.entries()) {
          const place = `${runs[index] ?? ""}/round-${round}.bin`;
          const before = await one.target.serverMb();
          const memory = sample(() => one.target.serverMb());
          // The first bytes differ, so that no round finds the content there already.
          one.up.push(await timed(() => upload(one.target, place, source, round)));
          one.down.push(await timed(() => download(one.target, place)));
          one.growthMb = Math.max(one.growthMb, (await memory.end()) - before);
        }
      }
      const [ours, peer] = measured;
      if (ours === undefined) return [];
      return [
        ...compare("upload of 1 GB", ours.up, peer?.up),
        ...compare("download of 1 GB", ours.down, peer?.down),
        { what: "memory of Gyre, growth while bytes flow", value: ours.growthMb, unit: "MB" },
        ...(peer === undefined
          ? []
          : [{ what: "memory of mlflow's process, growth", value: peer.growthMb, unit: "MB" }]),
      ];
    } finally {
      for (const target of targets) await target.stop();
    }
  },
};

const seconds = (): number[] => [];

function compare(what: string, ours: readonly number[], peer: readonly number[] | undefined): Figure[] {
  const own = median(ours);
  const note = `${Math.round(fileBytes / megabyte / own)} MB/s, from ${Math.min(...ours).toFixed(1)} to ${Math.max(...ours).toFixed(1)} s`;
  if (peer === undefined) return [{ what, value: own, unit: "s", note }];
  const theirs = median(peer);
  return [
    { what, value: own, unit: "s", note, ratio: own / theirs },
    { what: `  mlflow's ${what}`, value: theirs, unit: "s" },
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function emptyFolder(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  return path;
}

async function writeFileOfNoise(path: string): Promise<void> {
  const file = await open(path, "w");
  try {
    const block = Buffer.alloc(megabyte);
    for (let at = 0; at < block.length; at += 4) block.writeUInt32LE((at * 2_654_435_761) % 2 ** 32, at);
    for (let index = 0; index < fileBytes / megabyte; index++) {
      block.writeUInt32LE(index);
      await file.writeFile(block);
    }
  } finally {
    await file.close();
  }
}

async function createRun(target: Target): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${target.port}/api/2.0/mlflow/runs/create`, {
    method: "POST",
    body: JSON.stringify({ experiment_id: "0" }),
    headers: { "content-type": "application/json" },
  });
  const id = /"run_id":\s*"(\w+)"/.exec(await answer.text())?.[1];
  if (id === undefined) throw new Error(`${target.name} made no run`);
  return `0/${id}/artifacts`;
}

const service = "/api/2.0/mlflow-artifacts/artifacts/";

async function upload(target: Target, place: string, source: string, round: number): Promise<void> {
  const first = Buffer.alloc(megabyte, round + 1);
  const sending = request({
    port: target.port,
    method: "PUT",
    path: service + place,
    headers: { "content-length": fileBytes, "content-type": "application/octet-stream" },
  });
  const answered = new Promise<number>((resolve, reject) => {
    sending.once("error", reject);
    sending.once("response", (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode ?? 0));
    });
  });
  await pipeline(
    withStart(first, createReadStream(source, { start: megabyte, highWaterMark: megabyte })),
    sending,
  );
  const status = await answered;
  if (status !== 200) throw new Error(`${target.name} answered an upload with ${status}`);
}

async function* withStart(start: Buffer, rest: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  yield start;
  yield* rest;
}

async function download(target: Target, place: string): Promise<void> {
  const received = await new Promise<number>((resolve, reject) => {
    const asking = request({ port: target.port, path: service + place }, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => (bytes += chunk.length));
      response.once("end", () => resolve(bytes));
      response.once("error", reject);
    });
    asking.once("error", reject);
    asking.end();
  });
  if (received !== fileBytes) throw new Error(`${target.name} gave ${received} bytes`);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1_000;
}

/** The greatest of what `look` sees until it is ended. */
function sample(look: () => Promise<number>): { end(): Promise<number> } {
  let greatest = 0;
  const timer = setInterval(() => {
    void look().then((value) => (greatest = Math.max(greatest, value)));
  }, 50);
  return {
    async end() {
      clearInterval(timer);
      return greatest;
    },
  };
}
