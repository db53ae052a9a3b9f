import { z } from "zod";

import type { Database } from "#kernel/db";

import type { DriftReference, DriftWindow } from "./drift.ts";

const numbers = z.array(z.number());
const referenceSchema: z.ZodType<DriftReference> = z.object({
  fromMs: z.number(),
  untilMs: z.number(),
  features: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(["score", "decision", "segment", "text_length", "number", "category"]),
      column: z.string().nullable(),
      bins: z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("numeric"), edges: numbers }),
        z.object({ kind: z.literal("category"), categories: z.array(z.string()) }),
      ]),
      counts: numbers,
    }),
  ),
});

export async function readReference(
  db: Database,
  project: string,
  releaseId: string,
): Promise<DriftReference | undefined> {
  const row = await db.query
    .selectFrom("monitor_references")
    .select("reference")
    .where("project", "=", project)
    .where("release_id", "=", releaseId)
    .executeTakeFirst();
  return row === undefined ? undefined : referenceSchema.parse(JSON.parse(row.reference));
}

/** The first one stays: what came later is compared with it. */
export async function saveReference(
  db: Database,
  project: string,
  releaseId: string,
  reference: DriftReference,
): Promise<void> {
  await db.query
    .insertInto("monitor_references")
    .values({
      project,
      release_id: releaseId,
      from_ms: reference.fromMs,
      until_ms: reference.untilMs,
      reference: JSON.stringify(reference),
    })
    .onConflict((conflict) => conflict.columns(["project", "release_id"]).doNothing())
    .execute();
}

export async function readDriftWindows(
  db: Database,
  project: string,
  releaseId: string,
): Promise<DriftWindow[]> {
  const rows = await db.query
    .selectFrom("monitor_drift_windows")
    .select(["start_ms", "counts"])
    .where("project", "=", project)
    .where("release_id", "=", releaseId)
    .orderBy("start_ms")
    .execute();
  return rows.map(({ start_ms, counts }) => ({
    startMs: start_ms,
    counts: z.array(numbers).parse(JSON.parse(counts)),
  }));
}

export async function saveDriftWindows(
  db: Database,
  project: string,
  releaseId: string,
  windows: readonly DriftWindow[],
): Promise<void> {
  if (windows.length === 0) return;
  await db.query
    .insertInto("monitor_drift_windows")
    .values(
      windows.map(({ startMs, counts }) => ({
        project,
        release_id: releaseId,
        start_ms: startMs,
        counts: JSON.stringify(counts),
      })),
    )
    .onConflict((conflict) => conflict.columns(["project", "release_id", "start_ms"]).doNothing())
    .execute();
}

/** Returns whether the notice is the first of its kind. */
export async function insertNotice(
  db: Database,
  notice: {
    readonly project: string;
    readonly releaseId: string;
    readonly feature: string;
    readonly atMs: number;
  },
): Promise<boolean> {
  const inserted = await db.query
    .insertInto("monitor_notices")
    .values({
      project: notice.project,
      release_id: notice.releaseId,
      feature: notice.feature,
      at_ms: notice.atMs,
    })
    .onConflict((conflict) => conflict.columns(["project", "release_id", "feature"]).doNothing())
    .returning("feature")
    .executeTakeFirst();
  return inserted !== undefined;
}
