import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { z } from "zod";

import { temporaryFolder } from "#kernel/testing";

import { gyre, startServer } from "../failures/gyre.ts";
import { writeProject } from "../failures/project.ts";

const run = promisify(execFile);
const script = join(import.meta.dirname, "fill-mlflow.py");

const tally = z.object({ found: z.number(), added: z.number() });
const answerSchema = z.object({
  report: z
    .record(z.string(), z.unknown())
    .transform((report) => z.record(z.string(), tally).parse(talliesIn(report))),
  equality: z.array(
    z.object({
      what: z.string(),
      equal: z.number(),
      different: z.number(),
      differences: z.array(z.string()),
    }),
  ),
});

function talliesIn(report: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(report).filter(([, value]) => tally.safeParse(value).success));
}

export interface ImportEnded extends z.output<typeof answerSchema> {
  readonly code: number | null;
  readonly stderr: string;
}

/** A server of ours with an empty state. */
export async function openGyre(): Promise<{ folder: string; url: string }> {
  const folder = join(await temporaryFolder(), "shop");
  writeProject(folder);
  const server = await startServer({ folder });
  const [, url = ""] = await server.says(/Gyre is up at (\S+)/);
  return { folder, url };
}

export async function importInto(folder: string, words: readonly string[]): Promise<ImportEnded> {
  const { code, stderr, stdout } = await gyre(["import", "mlflow", ...words, "--json"], { folder });
  const empty = { report: {}, equality: [] };
  return { code, stderr, ...answerSchema.parse(stdout === "" ? empty : JSON.parse(stdout)) };
}

export function addedIn({ report }: ImportEnded): number {
  return Object.entries(report).reduce((sum, [, one]) => sum + one.added, 0);
}

/** Nothing differs, and every kind of thing was there to be compared. */
export function assertEqual(
  { equality, code, stderr }: ImportEnded,
  kinds: readonly string[],
): Record<string, number> {
  assert.deepEqual(
    equality.flatMap((one) => one.differences),
    [],
  );
  assert.equal(code, 0, stderr);
  const counts = Object.fromEntries(equality.map(({ what, equal }) => [what.split(/[:,]/)[0] ?? "", equal]));
  for (const kind of kinds) assert.ok((counts[kind] ?? 0) > 0, `no ${kind} in ${JSON.stringify(counts)}`);
  return counts;
}

/** Fills an MLflow with the unmodified client; `artifacts` is "" where its server keeps them. */
export async function fill(interpreter: string, uri: string, artifacts: string, runs: number): Promise<void> {
  const folder = await temporaryFolder();
  await run(interpreter, [script, uri, artifacts, String(runs)], {
    cwd: folder,
    env: {
      HOME: folder,
      PATH: process.env["PATH"] ?? "",
      GIT_PYTHON_REFRESH: "quiet",
      MLFLOW_DISABLE_TELEMETRY: "true",
      MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: "false",
    },
    timeout: 540_000,
  });
}
