import { spawn } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { startS3Server } from "#kernel/testing";

import { findMoto } from "../../journeys/s3/moto.ts";
import type { Figure, Measurement } from "../figures.ts";

const megabyte = 1024 * 1024;
const fileBytes = 1024 * megabyte;
const rounds = 3;

/**
 * A file of 1 GB put into a bucket and brought back into a file, by the driver of blobs beside boto3, in turns
 * and each in a process of its own: the figures are medians. The driver computes the SHA-256, keeps a copy, and
 * verifies what comes back; boto3 does none of it. The server is moto, in Python and in memory, which sets the
 * pace; `GYRE_TEST_S3_URL` names another.
 */
export const bucket: Measurement = {
  name: "bucket",
  title: "A blob of 1 GB into a bucket and back, beside boto3",
  isLong: true,
  async measure({ folder }) {
    const python = await findMoto();
    if (python.startsWith("no moto"))
      return [{ what: "nothing was measured", value: 0, unit: "s", note: python }];
    const server = await startS3Server(python);
    try {
      const name = await server.createBucket();
      const file = join(folder, "source.bin");
      await writeNoise(file);
      const ours: Times[] = [];
      const peer: Times[] = [];
      for (let round = 0; round < rounds; round++) {
        const place = join(folder, `round-${round}`);
        await mkdir(place);
        await changeStart(file, round);
        // A file that was changed a moment ago is read once more.
        await sleep(2_500);
        const own = [join(import.meta.dirname, "ours.ts"), `s3://${name}/gyre`, file, place];
        ours.push(await timed(process.execPath, own, server.environment));
        const theirs = [join(import.meta.dirname, "peer.py"), name, file, join(place, "peer.bin")];
        peer.push(await timed(python, theirs, server.environment));
        await rm(place, { recursive: true });
      }
      return [
        ...compare("put", ours, peer, (times) => times.putSeconds),
        ...compare("get", ours, peer, (times) => times.getSeconds),
        {
          what: "memory of the process, growth at its peak",
          value: Math.max(...ours.map(({ growthMb }) => growthMb)),
          unit: "MB",
          target: 300,
        },
        {
          what: "  boto3's",
          value: Math.max(...peer.map(({ growthMb }) => growthMb)),
          unit: "MB",
        },
      ];
    } finally {
      server.stop();
    }
  },
};

const timesSchema = z.object({ putSeconds: z.number(), getSeconds: z.number(), growthMb: z.number() });
type Times = z.infer<typeof timesSchema>;

function compare(
  what: string,
  ours: readonly Times[],
  peer: readonly Times[],
  of: (times: Times) => number,
): Figure[] {
  const [own, theirs] = [median(ours.map(of)), median(peer.map(of))];
  const note = `${Math.round(fileBytes / megabyte / own)} MB/s`;
  return [
    { what, value: own, unit: "s", note, ratio: own / theirs },
    { what: `  boto3's ${what}`, value: theirs, unit: "s" },
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function writeNoise(path: string): Promise<void> {
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

/** No round finds the content there already. */
async function changeStart(path: string, round: number): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.write(Buffer.from(`round ${round}`), 0, undefined, 0);
  } finally {
    await file.close();
  }
}

async function timed(
  program: string,
  words: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<Times> {
  const child = spawn(program, [...words], {
    env: { ...process.env, ...variables },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${program} ${words.join(" ")} ended with ${String(code)}`);
  return timesSchema.parse(JSON.parse(said));
}
