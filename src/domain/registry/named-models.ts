import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Objectives } from "#objectives";

import { projectOf } from "./aliases.ts";
import type { ModelVersion, NamedModel, NamedModels, NamedVersion } from "./index.ts";
import { readLabels, readName, readNameOf, readNames } from "./named-store.ts";
import type { Labels, Name } from "./named-store.ts";
import { searchAmong } from "./named-search.ts";
import { problems } from "./problems.ts";
import { readVersions } from "./store.ts";

/** What is asked about models by their flat names. */
export function createNamedModels({
  db,
  objectives,
}: {
  readonly db: Database;
  readonly objectives: Pick<Objectives, "getCharter" | "listProjects">;
}): NamedModels {
  return {
    async projectOfModel(name) {
      const known = await readName(db, name);
      return known === undefined ? await projectByName(name) : projectOf(known);
    },
    getModel: async (name) => await presentModel(db, await findName(db, name)),
    async searchModels(search) {
      const models = await Promise.all((await readNames(db)).map((one) => presentModel(db, one)));
      return searchAmong(models, search, {
        filterable: { name: "text" },
        sortable: {
          attributes: { name: "text", last_updated_timestamp: "number" },
          aliases: { timestamp: "last_updated_timestamp" },
        },
        valuesOf: ({ name, updatedAtMs }) => ({ name, last_updated_timestamp: updatedAtMs }),
      });
    },
    async getVersion(name, number) {
      const { named, version } = await findNamedVersion(db, name, number);
      return await presentOne(db, named, version);
    },
    async findByAlias(name, alias) {
      const named = await findName(db, name);
      const versions = await versionsOf(db, named);
      const isLatest = alias.toLowerCase() === "latest";
      const found = isLatest ? versions[0] : versions.find((version) => version.aliases.includes(alias));
      if (found === undefined) throw isLatest ? nothingYet(name) : aliasNotFound(alias);
      return await presentOne(db, named, found);
    },
    async searchVersions(search) {
      const names = new Map((await readNames(db)).map((one) => [keyOf(one), one]));
      const versions = await readVersions(db, {});
      const labels = await readLabels(
        db,
        versions.map((version) => version.id),
      );
      const named = versions.flatMap((version) => {
        const name = names.get(keyOf(version));
        return name === undefined ? [] : [presentVersion(name, version, labels.get(version.id))];
      });
      return searchAmong(named.toSorted(search.orderBy.length === 0 ? lastChangedFirst : byName), search, {
        filterable: { name: "text", run_id: "text", source_path: "text", version_number: "number" },
        sortable: {
          attributes: {
            name: "text",
            version_number: "number",
            creation_timestamp: "number",
            last_updated_timestamp: "number",
          },
        },
        valuesOf: (version) => ({
          name: version.name,
          run_id: version.runId,
          source_path: version.source,
          version_number: version.number,
          creation_timestamp: version.createdAtMs,
          last_updated_timestamp: version.updatedAtMs,
        }),
      });
    },
    async findVersion(versionId) {
      const [version] = await readVersions(db, { id: versionId });
      const named = version === undefined ? undefined : await readNameOf(db, version);
      return version === undefined || named === undefined ? undefined : await presentOne(db, named, version);
    },
    async filesOfVersion(name, number) {
      const { version } = await findNamedVersion(db, name, number);
      return { name, project: projectOf(version), files: version.files };
    },
    async filesOf(versionId) {
      const [version] = await readVersions(db, { id: versionId });
      const named = version === undefined ? undefined : await readNameOf(db, version);
      if (version === undefined || named === undefined) {
        throw new Problem(problems.model_version_not_found, {
          message: `There is no model version ${versionId}.`,
        });
      }
      return { name: named.name, project: projectOf(version), files: version.files };
    },
  };

  /** A new name belongs to the project it is called after (`care`, `care-urgency`), the longest that fits. */
  async function projectByName(name: string): Promise<string | null> {
    const projects = (await objectives.listProjects()).map((project) => project.id);
    const fitting = projects.filter(
      (project) =>
        name === project || (name.startsWith(project) && /^[-._]/.test(name.slice(project.length))),
    );
    const longest = fitting.toSorted((a, b) => b.length - a.length)[0];
    if (longest !== undefined) return longest;
    for (const project of projects) {
      if ((await objectives.getCharter(project)).projectFile.model?.name === name) return project;
    }
    return null;
  }
}

/** Throws `model_not_found`. */
export async function findName(db: Database, name: string): Promise<Name> {
  const known = await readName(db, name);
  if (known !== undefined) return known;
  throw new Problem(problems.model_not_found, { message: `Registered Model with name=${name} not found` });
}

/** Throws `model_version_not_found`, also where there is no such model. */
export async function findNamedVersion(
  db: Database,
  name: string,
  number: number,
): Promise<{ readonly named: Name; readonly version: ModelVersion }> {
  const named = await readName(db, name);
  if (named !== undefined) {
    const { project, model } = named;
    const [version] = await readVersions(db, { project, model, number });
    if (version !== undefined) return { named, version };
  }
  throw new Problem(problems.model_version_not_found, {
    message: `Model Version (name=${name}, version=${number}) not found`,
  });
}

/** Newest first. */
export async function versionsOf(db: Database, { project, model }: Name): Promise<ModelVersion[]> {
  return await readVersions(db, { project, model });
}

export async function presentModel(db: Database, named: Name): Promise<NamedModel> {
  const versions = await versionsOf(db, named);
  const labels = await readLabels(
    db,
    versions.map((version) => version.id),
  );
  const newestOfStage = new Map<string, NamedVersion>();
  for (const version of versions.toReversed()) {
    const one = presentVersion(named, version, labels.get(version.id));
    newestOfStage.set(one.stage, one);
  }
  return {
    name: named.name,
    project: projectOf(named),
    description: named.description,
    createdAtMs: named.createdAtMs,
    updatedAtMs: named.updatedAtMs,
    tags: named.tags,
    aliases: Object.fromEntries(
      versions.flatMap(({ aliases, number }) => aliases.map((alias) => [alias, number])),
    ),
    latestVersions: [...newestOfStage.values()],
  };
}

export async function presentOne(db: Database, named: Name, version: ModelVersion): Promise<NamedVersion> {
  return presentVersion(named, version, (await readLabels(db, [version.id])).get(version.id));
}

/** What clients are told of a version that nobody has labelled. */
export function labelsOf(version: ModelVersion, labels: Labels | undefined): Labels {
  return (
    labels ?? {
      description: version.origin.purpose?.reason ?? "",
      tags: {},
      stage: "None",
      source: downloadAddressOf(version),
      runLink: "",
      runId: version.origin.runId ?? "",
      loggedModelId: "",
      address: "",
      updatedAtMs: version.createdAtMs,
    }
  );
}

function presentVersion(named: Name, version: ModelVersion, labels: Labels | undefined): NamedVersion {
  const { address, ...said } = labelsOf(version, labels);
  return {
    ...said,
    name: named.name,
    project: projectOf(version),
    number: version.number,
    createdAtMs: version.createdAtMs,
    actor: version.actor,
    downloadAddress: address === "" ? downloadAddressOf(version) : address,
    state: version.state,
    stateMessage: version.rejection ?? "",
    aliases: version.aliases,
  };
}

/** The version's own files, by content: what happens to the run afterwards does not change them. */
function downloadAddressOf(version: ModelVersion): string {
  return `mlflow-artifacts:/registered/${version.id}/artifacts`;
}

function keyOf({ project, model }: { readonly project: string; readonly model: string }): string {
  return JSON.stringify([project, model]);
}

/** The order of a search that asks for none. */
function lastChangedFirst(a: NamedVersion, b: NamedVersion): number {
  return b.updatedAtMs - a.updatedAtMs || byName(a, b);
}

/** The order of what is equal in a search that asks for another. */
function byName(a: NamedVersion, b: NamedVersion): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return b.number - a.number;
}

function nothingYet(name: string): Problem {
  return new Problem(problems.model_version_not_found, {
    message: `Latest version not found for model ${name}.`,
  });
}

function aliasNotFound(alias: string): Problem {
  return new Problem(problems.model_alias_not_found, {
    message: `Registered model alias ${alias} not found.`,
  });
}
