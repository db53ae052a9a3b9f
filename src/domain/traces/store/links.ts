import type { Database } from "#kernel/db";
import { insertRows } from "#kernel/search";

export async function linkRun(db: Database, traces: readonly number[], runId: string): Promise<void> {
  await insertRows(
    db,
    "trace_runs (trace, run_id)",
    traces.map((trace) => [trace, runId]),
    "(trace, run_id) do nothing",
  );
}

/** A prompt is `name/version`. */
export async function linkPrompts(db: Database, trace: number, prompts: readonly string[]): Promise<void> {
  await insertRows(
    db,
    "trace_prompts (trace, prompt)",
    prompts.map((prompt) => [trace, prompt]),
    "(trace, prompt) do nothing",
  );
}
