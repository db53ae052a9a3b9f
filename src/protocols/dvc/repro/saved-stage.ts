import { statSync } from "node:fs";

import { Problem } from "#kernel/errors";

import type { Scanned } from "../files/scan.ts";
import { legacyEntry, lockedEntry } from "../formats/entries.ts";
import { compareText } from "../formats/python-json.ts";
import type { YamlMapping, YamlValue } from "../formats/yaml-value.ts";
import { problems } from "../problems.ts";
import { placeOf } from "../repository/repository.ts";
import { addressOf } from "../repository/stages.ts";
import type { TrackedDependency, TrackedParameters, TrackedStage } from "../repository/stages.ts";
import type { Session } from "../session.ts";
import { currentParameters, isRemoteAddress } from "../verbs/changes.ts";

/** What a stage reads, as it is now: the first half of its entry in `dvc.lock`. */
export interface SavedInputs {
  readonly deps: readonly YamlMapping[];
  readonly params: YamlMapping;
}

/** Takes the digests of what a stage reads. Throws `dvc_path_missing`, at the stage. */
export async function saveInputs(session: Session, stage: TrackedStage): Promise<SavedInputs> {
  const deps: YamlMapping[] = [];
  for (const dependency of byWritten(stage.dependencies)) {
    deps.push(await inputEntry(session, stage, dependency));
  }
  return { deps, params: parameterValues(session, stage) };
}

/** The entry of a stage in `dvc.lock`; empty parts are left out. */
export function lockEntry(
  stage: TrackedStage,
  { deps, params }: SavedInputs,
  outs: readonly YamlMapping[],
): YamlMapping {
  return {
    cmd: stage.cmd ?? "",
    ...(deps.length === 0 ? {} : { deps }),
    ...(Object.keys(params).length === 0 ? {} : { params }),
    ...(outs.length === 0 ? {} : { outs }),
  };
}

/** Entries are in the order of their paths as written, as Python sorts them. */
export function byWritten<Path extends { readonly written: string }>(
  paths: readonly Path[],
): readonly Path[] {
  return paths.toSorted((a, b) => compareText(a.written, b.written));
}

async function inputEntry(
  session: Session,
  stage: TrackedStage,
  dependency: TrackedDependency,
): Promise<YamlMapping> {
  if (isRemoteAddress(dependency.path)) return { ...dependency.raw, path: dependency.written };
  const legacy = await lookAtUnchangedLegacy(session, dependency);
  if (legacy !== undefined) return legacyEntry(dependency.written, legacy);
  const found = await session.look(dependency.path);
  if (found !== undefined) return lockedEntry(dependency.written, found);
  throw new Problem(problems.dvc_path_missing, {
    message: `dependency '${session.show(dependency.path)}' does not exist`,
    position: stage.position,
    next: `Make the file, mend the path under deps of ${addressOf(stage, session.show)}, or bring tracked data with: gyre dvc pull`,
    data: { path: dependency.path, stage: addressOf(stage, session.show) },
  });
}

/** What lies at a path that DVC 2 took the digest of, if that is still its digest. */
export async function lookAtUnchangedLegacy(
  session: Session,
  { digest, path }: TrackedDependency,
): Promise<Scanned | undefined> {
  if (digest?.isLegacy !== true) return undefined;
  const found = await session.look(path, { isLegacy: true });
  return found?.md5 === digest.md5 ? found : undefined;
}

/** By file, `params.yaml` first; the keys of each in order. */
function parameterValues(session: Session, stage: TrackedStage): YamlMapping {
  const sorted = byWritten(stage.parameters);
  const ordered = [
    ...sorted.filter(({ written }) => written === "params.yaml"),
    ...sorted.filter(({ written }) => written !== "params.yaml"),
  ];
  return Object.fromEntries(
    ordered.map((parameters): [string, YamlValue] => {
      const values = currentParameters(session, parameters);
      refuseMissing(session, stage, parameters, values);
      const keys = Object.keys(values).toSorted(compareText);
      return [parameters.written, Object.fromEntries(keys.map((key) => [key, values[key] ?? null]))];
    }),
  );
}

function refuseMissing(
  session: Session,
  stage: TrackedStage,
  { file, keys }: TrackedParameters,
  values: YamlMapping,
): void {
  const name = session.show(file);
  if (statSync(placeOf(session.repository, file), { throwIfNoEntry: false }) === undefined) {
    throw new Problem(problems.dvc_path_missing, {
      message: `Parameters file '${name}' does not exist`,
      position: stage.position,
      data: { path: file },
    });
  }
  const missing = (keys ?? []).filter((key) => !Object.hasOwn(values, key));
  if (missing.length === 0) return;
  throw new Problem(problems.dvc_path_missing, {
    message: `Parameters '${missing.join(", ")}' are missing from '${name}'.`,
    position: stage.position,
    next: `Add them to ${name}, or mend the names under params of ${addressOf(stage, session.show)}.`,
    data: { path: file, keys: missing },
  });
}
