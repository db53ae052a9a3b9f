import { readFileSync } from "node:fs";

import { createS3Blobs } from "#kernel/blobs";
import { openBucket, readS3Settings } from "#kernel/s3";

// node ours.ts PLACE FILE FOLDER: puts a file as a blob, brings it back by way of an empty cache, and prints
// the seconds of both, and by how many MB the process grew at its peak meanwhile.

const [place = "", file = "", folder = ""] = process.argv.slice(2);

const bucket = openBucket(readS3Settings(place, process.env));
const open = (cache: string) =>
  createS3Blobs({ bucket, cacheFolder: `${folder}/${cache}`, cacheBytes: 4_000_000_000 }).blobs;
const before = residentMb("VmRSS");

const putStartedMs = performance.now();
const { digest } = await open("putting").putFile(file);
const getStartedMs = performance.now();
await open("getting").localPath(digest);
const endedMs = performance.now();

console.log(
  JSON.stringify({
    putSeconds: (getStartedMs - putStartedMs) / 1_000,
    getSeconds: (endedMs - getStartedMs) / 1_000,
    growthMb: residentMb("VmHWM") - before,
  }),
);
await bucket.remove([`${digest.slice(0, 2)}/${digest.slice(2)}`]);
bucket.close();

function residentMb(name: string): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1_024;
}
