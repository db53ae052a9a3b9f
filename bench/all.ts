import { mkdtemp, rm } from "node:fs/promises";
import { arch, availableParallelism, cpus, platform, tmpdir } from "node:os";
import { join } from "node:path";

import { bucket } from "./bucket/index.ts";
import { digests } from "./dvc/digests.ts";
import { dvc } from "./dvc/index.ts";
import { dvcHarness } from "./dvc/harness.ts";
import { pushToBucket } from "./dvc/push-to-bucket.ts";
import { figureLine, isMissed } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { garbage } from "./garbage.ts";
import { ledger } from "./ledger.ts";
import { pipeline } from "./pipeline.ts";
import { pipelines } from "./pipelines/index.ts";
import { predictions } from "./predictions.ts";
import { start } from "./start.ts";
import { warmPython } from "./warm-python.ts";
import { artifacts } from "./tracking/artifacts.ts";
import { trackingCrashes } from "./tracking/crash.ts";
import { tracking, trackingAtScale } from "./tracking/index.ts";
import { trackingAtScaleOnPostgres, trackingOnPostgres } from "./tracking/postgres.ts";

// `npm run bench [-- names]`: prints measured figures and ratios; exit code 1 when one misses its target.
// Everything runs on loopback, one measurement after the other.

const measurements = [
  start,
  predictions,
  pipeline,
  warmPython,
  pipelines,
  dvc,
  pushToBucket,
  dvcHarness,
  digests,
  ledger,
  tracking,
  trackingAtScale,
  trackingOnPostgres,
  trackingAtScaleOnPostgres,
  trackingCrashes,
  artifacts,
  bucket,
  garbage,
];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !measurements.some((measurement) => measurement.name === name));
if (unknown.length > 0) {
  console.error(
    `There is no measurement ${unknown.join(", ")}: ${measurements.map(({ name }) => name).join(", ")}.`,
  );
  process.exit(2);
}

console.log(
  `Node ${process.versions.node}, ${platform()} ${arch()}, ${availableParallelism()} × ${cpus()[0]?.model ?? "unknown"}`,
);
const figures: Figure[] = [];
for (const measurement of measurements) {
  if (wanted.length === 0 ? measurement.isLong === true : !wanted.includes(measurement.name)) continue;
  console.log(`\n${measurement.title}`);
  const folder = await mkdtemp(join(tmpdir(), "gyre-bench-"));
  try {
    for (const figure of await measurement.measure({ folder })) {
      console.log(figureLine(figure));
      figures.push(figure);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
process.exitCode = figures.some(isMissed) ? 1 : 0;
