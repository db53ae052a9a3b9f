import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { exceptions } from "./exceptions.ts";
import { judge, resultSchema } from "./outcomes.ts";
import type { Judged, Result } from "./outcomes.ts";
import { summarise } from "./summary.ts";
import { areaOf, areas, suites } from "./suites.ts";

// Runs MLflow's own tests against Gyre; README.md beside this file says how to get what it needs.

const { values } = parseArgs({
  options: {
    checkout: { type: "string" },
    python: { type: "string" },
    only: { type: "string", multiple: true, default: [] },
    results: { type: "string" },
    judge: { type: "boolean", default: false },
  },
});
const here = import.meta.dirname;
const summaryFile = join(here, "summary.json");
const leastShare = 0.95;

process.exitCode = await main();

async function main(): Promise<number> {
  const { checkout, python, only } = values;
  const folder = mkdtempSync(join(tmpdir(), "gyre-conformance-results-"));
  const file = resolve(values.results ?? join(folder, "results.jsonl"));
  try {
    const chosen = suites.filter((suite) => only.length === 0 || only.some((part) => suite.includes(part)));
    if (!values.judge) {
      if (checkout === undefined || python === undefined) {
        console.error("Say where MLflow is checked out, and which Python has what its tests need:");
        console.error("  node tools/mlflow-conformance/run.ts --checkout <folder> --python <program>");
        return 2;
      }
      for (const suite of chosen) await runSuite({ suite, checkout, python, file });
    }
    const judged = judge(readResults(file), exceptions);
    print(judged);
    const isWhole = suites
      .filter((suite) => areaOf(suite).isClaimed)
      .every((suite) => judged.some((one) => one.suite === suite));
    if (isWhole) {
      writeFileSync(summaryFile, `${JSON.stringify(summarise(judged, exceptions), undefined, 2)}\n`);
      console.log(
        "Wrote summary.json: `npm run reference` makes docs/reference/mlflow-compatibility.md of it.",
      );
    }
    return isAcceptable(judged, chosen) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface SuiteRun {
  readonly suite: string;
  readonly checkout: string;
  readonly python: string;
  readonly file: string;
}

async function runSuite({ suite, checkout, python, file }: SuiteRun): Promise<void> {
  const flags = [
    "-q",
    "--color=no",
    "--no-showlocals",
    "--tb=short",
    "--timeout=120",
    "-p",
    "no:cacheprovider",
  ];
  const child = spawn(resolve(python), ["-m", "pytest", "-p", "plugin", ...flags, suite], {
    cwd: checkout,
    stdio: "inherit",
    env: {
      ...process.env,
      PYTHONPATH: here,
      GYRE_CONFORMANCE_RESULTS: file,
      MLFLOW_DISABLE_TELEMETRY: "true",
      GIT_PYTHON_REFRESH: "quiet",
    },
  });
  const { promise, resolve: done, reject } = Promise.withResolvers<number | null>();
  child.on("error", reject);
  child.on("exit", done);
  const code = await promise;
  // 0: all passed, 1: some failed, which is judged below; all else is a run that did not take place.
  if (code !== 0 && code !== 1) throw new Error(`pytest ended with ${code} in ${suite}`);
}

function readResults(file: string): Result[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => resultSchema.parse(JSON.parse(line)));
}

function isClaimed(one: Judged): boolean {
  return areaOf(one.test).isClaimed;
}

function print(judged: readonly Judged[]): void {
  for (const { test, verdict, reason } of judged.filter(isClaimed)) {
    if (verdict === "failed" || verdict === "unexpected") console.log(`${verdict}: ${test}\n    ${reason}`);
  }
  for (const { name } of areas) {
    const own = judged.filter((one) => one.area === name);
    const count = (verdict: Judged["verdict"]): number => own.filter((one) => one.verdict === verdict).length;
    console.log(
      `${name}: ${count("passed")} passed, ${count("failed")} failed, ${count("excepted")} excepted, ` +
        `${count("unexpected")} excepted but passed, ${count("inside")} not about the protocol, ${count("skipped")} skipped by MLflow`,
    );
  }
}

function isAcceptable(judged: readonly Judged[], chosen: readonly string[]): boolean {
  const own = judged.filter((one) => isClaimed(one) && chosen.includes(one.suite));
  if (own.some((one) => one.verdict === "failed" || one.verdict === "unexpected")) return false;
  const passed = own.filter((one) => one.verdict === "passed").length;
  const excepted = own.filter((one) => one.verdict === "excepted").length;
  return passed / (passed + excepted) >= leastShare;
}
