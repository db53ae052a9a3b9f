import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { exceptions } from "./exceptions.ts";
import { makeShell } from "./made-data.ts";
import { judge, resultSchema } from "./outcomes.ts";
import type { Result } from "./outcomes.ts";
import { startDvc, startGyre } from "./programs.ts";
import { askRepository } from "./repository.ts";
import { summarise } from "./summary.ts";

// Asks `dvc` and `gyre dvc` the same of public repositories; README.md beside this file says how.

const { values } = parseArgs({
  options: {
    repositories: { type: "string" },
    dvc: { type: "string" },
    results: { type: "string" },
    only: { type: "string", multiple: true, default: [] },
    judge: { type: "boolean", default: false },
  },
});
const summaryFile = join(import.meta.dirname, "summary.json");
const timeoutSeconds = 150;

process.exitCode = await main();

async function main(): Promise<number> {
  const { repositories, dvc, only } = values;
  const scratch = mkdtempSync(join(tmpdir(), "gyre-dvc-conformance-"));
  const file = resolve(values.results ?? join(scratch, "results.jsonl"));
  try {
    if (!values.judge) {
      if (repositories === undefined || dvc === undefined) {
        console.error("Say which folder holds the clones, and which dvc answers beside Gyre:");
        console.error("  node tools/dvc-conformance/run.ts --repositories <folder> --dvc <program>");
        return 2;
      }
      const names = readdirSync(repositories).filter(
        (name) => only.length === 0 || only.some((part) => name.includes(part)),
      );
      await askAll({ folder: resolve(repositories), names, dvc: resolve(dvc), scratch, file });
    }
    const judged = judge(readResults(file), exceptions);
    for (const { repository, question, verdict, reason } of judged) {
      if (verdict === "different") console.log(`${repository}: ${question}\n    ${reason}`);
    }
    const count = (verdict: string): number => judged.filter((one) => one.verdict === verdict).length;
    console.log(
      `${new Set(judged.map(({ repository }) => repository)).size} repositories, ${judged.length} questions: ` +
        `${count("same")} the same, ${count("excepted")} excepted, ${count("different")} different, ${count("left out")} left out`,
    );
    if (only.length === 0) writeFileSync(summaryFile, `${JSON.stringify(summarise(judged), undefined, 2)}\n`);
    return count("different") === 0 ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Call {
  readonly folder: string;
  readonly names: readonly string[];
  readonly dvc: string;
  readonly scratch: string;
  readonly file: string;
}

async function askAll({ folder, names, dvc, scratch, file }: Call): Promise<void> {
  const environment = {
    DVC_NO_ANALYTICS: "1",
    DVC_SITE_CACHE_DIR: join(scratch, "site-cache"),
    SHELL: makeShell(scratch),
    HOME: scratch,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@b",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@b",
    GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
    GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z",
  };
  mkdirSync(scratch, { recursive: true });
  const programs = {
    dvc: startDvc(dvc, { environment, timeoutSeconds }),
    gyre: startGyre({ environment }),
  };
  try {
    for (const name of names) {
      const started = Date.now();
      const results = await askRepository({ source: join(folder, name), name, scratch, programs });
      for (const result of results) appendFileSync(file, `${JSON.stringify({ ...result, run: started })}\n`);
      const different = results.filter(({ outcome }) => outcome === "different").length;
      console.log(
        `${name}: ${results.length} asked, ${different} different, ${((Date.now() - started) / 1000).toFixed(0)} s`,
      );
    }
  } finally {
    await programs.dvc.stop();
    await programs.gyre.stop();
  }
}

/** Of a repository that was asked again, the last time counts. */
function readResults(file: string): Result[] {
  if (!existsSync(file)) return [];
  const all = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => resultSchema.parse(JSON.parse(line)));
  const last = new Map<string, number>();
  for (const { repository, run } of all) last.set(repository, Math.max(run, last.get(repository) ?? 0));
  return all.filter(({ repository, run }) => run === last.get(repository));
}
