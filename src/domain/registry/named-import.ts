import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import { createId } from "#kernel/ids";

import { projectOf } from "./aliases.ts";
import { clientVersion } from "./client-version.ts";
import type { ModelVersion, NamedModels, VersionFile } from "./index.ts";
import { announce, renewFiles } from "./keeping.ts";
import { findName } from "./named-models.ts";
import { insertName, readName, saveLabels } from "./named-store.ts";
import type { Labels, Name } from "./named-store.ts";
import { insertVersion, lockModel, readVersions } from "./store.ts";

/** A model and its versions as another registry has them: numbers, times and labels are kept. */
export interface ImportedModel {
  readonly name: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface ImportedVersion extends Omit<Labels, "address"> {
  readonly name: string;
  readonly number: number;
  readonly createdAtMs: number;
  readonly files: readonly VersionFile[];
  /** Where the files are when they are not here: a foreign address, opaque to the server. */
  readonly address?: string | undefined;
}

/** Orders that take over what another registry recorded. Each changes nothing that is there, so all may be given again. */
export interface RegistryImports {
  importModel(order: { readonly model: ImportedModel; readonly actor: string }): Promise<{ isNew: boolean }>;
  /** Throws `model_not_found`. */
  importVersion(order: {
    readonly version: ImportedVersion;
    readonly source: string;
    readonly actor: string;
  }): Promise<{ isNew: boolean }>;
}

export function createRegistryImports(
  parts: {
    readonly db: Database;
    readonly ledger: Ledger;
    readonly clock: Clock;
    readonly blobs: Pick<Blobs, "renew">;
  },
  named: Pick<NamedModels, "projectOfModel">,
): RegistryImports {
  const { db, ledger, clock } = parts;
  return {
    importModel: ({ model, actor }) =>
      db.transaction(async () => {
        if ((await readName(db, model.name)) !== undefined) return { isNew: false };
        const project = (await named.projectOfModel(model.name)) ?? "";
        const name: Name = { ...model, project, model: model.name, greatestDeleted: 0 };
        const isNew = await insertName(db, name);
        if (isNew) {
          await ledger.append({
            kind: "registered_model.created",
            subject: model.name,
            project: projectOf(name),
            actor,
            data: { model: model.name },
          });
        }
        return { isNew };
      }),
    importVersion: async ({ version: imported, source, actor }) => {
      await renewFiles(parts.blobs, imported.files);
      return await db.transaction(async () => {
        const model = await findName(db, imported.name);
        await lockModel(db, model);
        const { project, model: modelName } = model;
        const { number, files, createdAtMs } = imported;
        const known = await readVersions(db, { project, model: modelName, number });
        if (known.length > 0) return { isNew: false };
        const version: ModelVersion = {
          id: createId("modelVersion", clock),
          project,
          model: modelName,
          number,
          ...clientVersion({
            files,
            runId: imported.runId === "" ? null : imported.runId,
            reason: `imported from ${source}`,
          }),
          aliases: [],
          createdAtMs,
          actor,
        };
        await insertVersion(db, version);
        await announce(ledger, version);
        await saveLabels(db, version.id, { ...imported, address: imported.address ?? "" });
        return { isNew: true };
      });
    },
  };
}
