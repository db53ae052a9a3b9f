import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import { createId } from "#kernel/ids";
import { inParallel } from "#kernel/in-parallel";

import type { ModelVersion, VersionFile } from "./index.ts";
import { ensureName } from "./named-store.ts";
import { insertVersion, lockModel, nextNumber } from "./store.ts";

export interface KeepingParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
}

/**
 * Files that a version takes over from an artifact or another version are not put for it. They may lose their first
 * reference before the version has its own: so they are made young, as if they had been put.
 */
export async function renewFiles(
  blobs: Pick<Blobs, "renew">,
  files: readonly Pick<VersionFile, "digest">[],
): Promise<void> {
  await inParallel(files, renewedAtOnce, async ({ digest }) => void (await blobs.renew(digest)));
}

const renewedAtOnce = 8;

/** A version before it has its number. */
export type NewVersion = Omit<ModelVersion, "id" | "number" | "aliases" | "createdAtMs">;

/**
 * Keeps a version under the next number of its model, and announces it. `findKnown` looks for the one
 * that somebody else kept meanwhile: versions of a model are kept one after the other.
 */
export async function keepVersion(
  { db, ledger, clock }: KeepingParts,
  described: NewVersion,
  findKnown: () => Promise<ModelVersion | undefined> = async () => undefined,
): Promise<ModelVersion> {
  return await db.transaction(async () => {
    await lockModel(db, described);
    const known = await findKnown();
    if (known !== undefined) return known;
    const createdAtMs = clock.nowMs();
    await ensureName(db, described, createdAtMs);
    const number = await nextNumber(db, described.project, described.model);
    const id = createId("modelVersion", clock);
    const version: ModelVersion = { ...described, id, number, aliases: [], createdAtMs };
    await insertVersion(db, version);
    await announce(ledger, version);
    return version;
  });
}

/** Says that there is a version, or why it was rejected. */
export async function announce(ledger: Ledger, version: ModelVersion): Promise<void> {
  const { id: subject, actor, model, number, kind, digest, origin } = version;
  const project = version.project === "" ? null : version.project;
  if (version.state === "rejected") {
    const reason = version.rejection ?? "rejected";
    await ledger.append({
      kind: "model_version.rejected",
      subject,
      project,
      actor,
      data: { model, number, reason },
    });
    return;
  }
  await ledger.append({
    kind: "model_version.registered",
    subject,
    project,
    actor,
    data: {
      model,
      number,
      kind,
      digest,
      executionId: origin.executionId,
      purpose: origin.purpose?.kind ?? null,
    },
  });
}
