import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { sql } from "kysely";

import { readConfig } from "#kernel/config";
import type { Database } from "#kernel/db";
import { startServer } from "#main";

export const manyRuns = 100_000;
/** Run 1 has so many points of the metric `loss`, with one extreme in each direction. */
export const manyPoints = 1_000_000;
export const startMs = 1_700_000_000_000;

export interface ManyRuns {
  readonly url: string;
  readonly db: Database;
  close(): Promise<void>;
}

/**
 * The whole system over a hundred thousand runs, put into the tables in bulk: run i began i seconds after
 * the first, its `auc` is i / 100000, its `depth` i modulo 12.
 */
export async function openManyRuns({ points = 0 }: { points?: number } = {}): Promise<ManyRuns> {
  const folder = await mkdtemp(join(tmpdir(), "gyre-many-runs-"));
  const flags = { dir: folder, port: "0", gatewayPort: "0" };
  const { config } = readConfig({ flags, environment: {}, workingFolder: folder });
  const system = await startServer(config);
  await fill(system.db, points);
  return {
    url: system.url(),
    db: system.db,
    async close() {
      await system.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const keys = ["depth", "rate", "model", "auc", "loss", "mlflow.runName", "team"] as const;

async function fill(db: Database, points: number): Promise<void> {
  const run = async (text: string): Promise<void> => {
    await sql.raw(text).execute(db.query);
  };
  const number = (key: (typeof keys)[number]): number => keys.indexOf(key) + 1;
  const count = (last: number): string =>
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${last})`;
  await db.transaction(async () => {
    await run(`insert into experiments (name, project, artifact_location, state, created_at_ms, updated_at_ms)
      values ('care', 'care', 'mlflow-artifacts:/1', 'active', ${startMs}, ${startMs})`);
    for (const key of keys) await run(`insert into tracking_keys (name) values ('${key}')`);
    await run(`${count(manyRuns)} insert into runs (run_id, experiment, name, status, state, user_name, actor,
        started_at_ms, ended_at_ms, artifact_root)
      select printf('%032x', i), 1, 'run-' || i, 'finished', 'active', 'ada', 'usr_ada', ${startMs} + i * 1000,
        ${startMs} + i * 1000 + 500, 'mlflow-artifacts:/1' from n`);
    await run(`insert into run_params select id, ${number("depth")}, cast(id % 12 as text) from runs`);
    await run(
      `insert into run_params select id, ${number("rate")}, cast(id % 1000 / 1000.0 as text) from runs`,
    );
    await run(`insert into run_params select id, ${number("model")}, 'model-' || (id % 40) from runs`);
    await run(`insert into run_tags select id, ${number("mlflow.runName")}, name from runs`);
    await run(`insert into run_tags select id, ${number("team")}, 'team-' || (id % 7) from runs`);
    for (const key of ["auc", "loss"] as const)
      await run(`insert into latest_metrics
        select id, ${number(key)}, 10, started_at_ms, id / ${manyRuns}.0, 0 from runs`);
    if (points > 0)
      await run(`${count(points)} insert into metric_points
        select 1, ${number("loss")}, i, ${startMs} + i * 10,
          case i when 613000 then 50.0 when 271000 then -50.0 else (i * 7919 % 1000) / 1000.0 end, 0 from n`);
  });
}
