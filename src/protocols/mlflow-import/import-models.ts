import { z } from "zod";

import { Problem } from "#kernel/errors";

import { importPath } from "./destination.ts";
import type { Destination } from "./destination.ts";
import type { ImportOrder } from "./import.ts";
import type { OwnerRecord, VersionRecord } from "./records.ts";
import { skip } from "./report.ts";
import type { ImportReport } from "./report.ts";
import type { SourceModel } from "./source.ts";

const isNewAnswer = z.object({ isNew: z.boolean() });
const addedAnswer = z.object({ added: z.number() });

/** Registered models after everything their versions are made of. */
export async function importModels(
  report: ImportReport,
  { source, destination, onProgress }: ImportOrder,
): Promise<void> {
  for await (const found of source.models()) {
    report.models.found++;
    report.versions.found += found.versions.length;
    report.aliases.found += Object.keys(found.aliases).length;
    if (destination !== undefined) await importModel(report, source.label, destination, found);
    onProgress(report);
  }
}

async function importModel(
  report: ImportReport,
  label: string,
  destination: Destination,
  { model, versions, aliases }: SourceModel,
): Promise<void> {
  const { isNew } = await destination.post(importPath("registered-models"), isNewAnswer, { model });
  if (isNew) report.models.added++;
  for (const version of versions) {
    if (await importVersion(report, label, destination, version)) report.versions.added++;
  }
  const { added } = await destination.post(importPath("aliases"), addedAnswer, { name: model.name, aliases });
  report.aliases.added += added;
}

async function importVersion(
  report: ImportReport,
  source: string,
  destination: Destination,
  version: VersionRecord,
): Promise<boolean> {
  const files = filesOf(version);
  const address = /^(?!file:|mlflow-artifacts:|models:|runs:)[A-Za-z][A-Za-z0-9+.-]+:\/\//.test(
    version.source,
  )
    ? { address: version.source }
    : {};
  const post = async (of: typeof files): Promise<boolean> => {
    const body = { source, version, files: of, ...address };
    return (await destination.post(importPath("versions"), isNewAnswer, body)).isNew;
  };
  try {
    return await post(files ?? null);
  } catch (error) {
    if (!(error instanceof Problem) || !/^(run|logged_model)_not_found$/.test(error.code)) throw error;
    const why = "what they were made from is no longer in the source; kept without files";
    skip(report, "files of versions", why, { example: `${version.name} ${version.number}` });
    return await post(null);
  }
}

/** Where a version's files were logged, as its source says it; null when that is nowhere an import reads. */
export function filesOf({
  source,
  runId,
  loggedModelId,
}: VersionRecord): { readonly owner: OwnerRecord; readonly folder: string } | null {
  if (loggedModelId !== "") return { owner: { model: loggedModelId }, folder: "" };
  const [, ofRun, inRun = ""] = /^runs:\/([\w-]+)(?:\/(.*))?$/.exec(source) ?? [];
  if (ofRun !== undefined) return { owner: { run: ofRun }, folder: inRun };
  const [, ofModel, inModel = ""] = /\/models\/(m-[\w-]+)\/artifacts(?:\/(.*))?$/.exec(source) ?? [];
  if (ofModel !== undefined) return { owner: { model: ofModel }, folder: inModel };
  const [, below] = runId === "" ? [] : source.split(`/${runId}/artifacts`);
  return below === undefined ? null : { owner: { run: runId }, folder: below.replace(/^\//, "") };
}
