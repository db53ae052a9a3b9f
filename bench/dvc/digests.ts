import { hash } from "node:crypto";

import { openMd5Batch, paddingBytes } from "../../src/protocols/dvc/files/md5/digest-many.ts";
import { median } from "../figures.ts";
import type { Figure, Measurement } from "../figures.ts";

const messageBytes = 3_000;
const messagesPerBatch = 64;
const batches = 500;
const rounds = 9;

/** The digests of small files: eight at a time as an add takes them, and by OpenSSL one after the other. */
export const digests: Measurement = {
  name: "md5",
  title: `MD5 of messages of ${messageBytes.toLocaleString("en")} bytes, on one thread`,
  async measure() {
    const batch = openMd5Batch(messagesPerBatch * (messageBytes + paddingBytes));
    const messages = Array.from({ length: messagesPerBatch }, (_, index) => ({
      start: batch.firstByte + index * (messageBytes + paddingBytes),
      length: messageBytes,
    }));
    const ways = {
      ours: () => batch.digest(messages),
      theirs: () =>
        messages.map(({ start, length }) => hash("md5", batch.bytes.subarray(start, start + length), "hex")),
    };
    const seconds = { ours: [] as number[], theirs: [] as number[] };
    for (let round = 0; round < rounds; round++)
      for (const way of ["ours", "theirs"] as const) seconds[way].push(timed(ways[way]));
    const speed = (way: keyof typeof seconds): number =>
      (batches * messagesPerBatch * messageBytes) / 1e6 / median(seconds[way]);
    const figure: Figure = {
      what: "eight at a time",
      value: speed("ours"),
      unit: "MB a second",
      ratio: speed("ours") / speed("theirs"),
      note: `OpenSSL one by one: ${speed("theirs").toFixed(0)}; medians of ${rounds} rounds in turn`,
    };
    return [figure];
  },
};

function timed(work: () => unknown): number {
  const startedMs = performance.now();
  for (let batch = 0; batch < batches; batch++) work();
  return (performance.now() - startedMs) / 1_000;
}
