import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { z } from "zod";

import type { Figure, Measurement } from "../figures.ts";

const gyre = join(import.meta.dirname, "..", "..", "gyre");
const harness = "dvc.testing.benchmarks.cli.commands";
/** Of DVC's benchmarks those of verbs that `gyre dvc` has, and that need nothing from the network. */
const commands = ["add", "checkout", "status", "diff", "push", "fetch", "gc"];
const datasetFiles = 5_000;

/**
 * DVC's own benchmarks, unmodified, of the real `dvc` and of `gyre dvc`, on the same files. The harness takes its
 * program from `--dvc-bin` and its data from a repository, which is made here: that of DVC lies in the network.
 */
export const dvcHarness: Measurement = {
  name: "dvc-harness",
  title: `DVC's own benchmarks, of both programs, on ${datasetFiles.toLocaleString("en")} small files`,
  isLong: true,
  async measure({ folder }) {
    const python = process.env["GYRE_BENCH_DVC_PYTHON"];
    if (python === undefined) {
      const note = "GYRE_BENCH_DVC_PYTHON names no Python with dvc[testing] and pytest-benchmark";
      return [{ what: "nothing was measured", value: 0, unit: "s", note }];
    }
    const peer = join(dirname(python), "dvc");
    const repository = makeBenchRepository(join(folder, "dvc-bench"), peer);
    const alias = join(folder, "gyre-dvc");
    writeFileSync(alias, `#!/bin/sh\nexec "${process.execPath}" "${gyre}" dvc "$@"\n`);
    chmodSync(alias, 0o755);

    const theirs = await runHarness({ python, program: peer, repository, folder });
    const ours = await runHarness({ python, program: alias, repository, folder });
    return [...ours].map(([name, seconds]): Figure => {
      const other = theirs.get(name);
      const peerNote = other === undefined ? { note: "dvc did not do it" } : { ratio: seconds / other };
      return { what: name, value: seconds * 1_000, unit: "ms", ...peerNote };
    });
  },
};

/** The part of DVC's repository of benchmarks that the harness looks for: one dataset, added and pushed. */
function makeBenchRepository(place: string, dvc: string): string {
  const data = join(place, "data", "small", "dataset");
  for (let index = 0; index < datasetFiles; index++) {
    const part = join(data, String(index % 20));
    if (index < 20) mkdirSync(part, { recursive: true });
    writeFileSync(join(part, `${index}.txt`), `${index} `.repeat(500));
  }
  const run = (program: string, ...words: string[]): void =>
    void execFileSync(program, words, { cwd: place, env: quietly(), stdio: "ignore" });
  run("git", "init", "-q");
  run(dvc, "init", "-q");
  run(dvc, "remote", "add", "-d", "store", join(dirname(place), "store"));
  run(dvc, "add", "-q", "data/small/dataset");
  run(dvc, "push", "-q");
  return place;
}

interface HarnessRun {
  readonly python: string;
  readonly program: string;
  readonly repository: string;
  readonly folder: string;
}

const reportSchema = z.object({
  benchmarks: z.array(z.object({ name: z.string(), stats: z.object({ median: z.number() }) })),
});

/** Seconds by the name of the benchmark. */
async function runHarness(run: HarnessRun): Promise<ReadonlyMap<string, number>> {
  const report = join(run.folder, "report.json");
  const words = [
    "-m",
    "pytest",
    "-q",
    "-p",
    "no:cacheprovider",
    "-p",
    "dvc.testing.plugin",
    "--pyargs",
    ...commands.map((command) => `${harness}.test_${command}`),
    `--dvc-bin=${run.program}`,
    `--dvc-bench-repo=${run.repository}`,
    "--dataset=small",
    `--benchmark-json=${report}`,
  ];
  const child = spawn(run.python, words, {
    cwd: run.folder,
    env: quietly(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0)
    throw new Error(`DVC's benchmarks of ${run.program} ended with ${String(code)}: ${said.slice(-2_000)}`);
  const { benchmarks } = reportSchema.parse(JSON.parse(readFileSync(report, "utf8")));
  return new Map(benchmarks.map(({ name, stats }) => [name.replace(/^test_|\[None\]$/g, ""), stats.median]));
}

function quietly(): NodeJS.ProcessEnv {
  return { ...process.env, DVC_NO_ANALYTICS: "1", PYTHONDONTWRITEBYTECODE: "1" };
}
