import type { Clock } from "#kernel/clock";
import { Problem, defineProblems } from "#kernel/errors";
import type { Page, Tracking } from "#tracking";

import type { ForeignModel, ForeignVersion, RegistryForMlflow } from "./registry-for-mlflow.ts";

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type KeptModel = Writable<Omit<ForeignModel, "latestVersions">> & { versions: Writable<ForeignVersion>[] };

const problems = defineProblems({
  model_not_found: { kind: "not_found", when: "", next: "" },
  model_exists: { kind: "conflict", when: "", next: "" },
});

/**
 * The registry that the routes of registered models are tested with: the specification, in memory, of
 * what `RegistryForMlflow` asks. It keeps nothing and finds everything by going through it.
 */
export function createMemoryRegistry(tracking: Tracking, clock: Clock): RegistryForMlflow {
  const models = new Map<string, KeptModel>();

  const model = (name: string): KeptModel => {
    const kept = models.get(name);
    if (kept === undefined) throw absent(`Registered Model with name=${name} not found`);
    return kept;
  };
  const version = (name: string, number: number): Writable<ForeignVersion> => {
    const kept = model(name).versions.find((one) => one.number === number);
    if (kept === undefined) throw absent(`Model Version (name=${name}, version=${number}) not found`);
    return { ...kept, aliases: aliasesOf(model(name), number) };
  };
  const change = (name: string, number: number, values: Partial<ForeignVersion>): ForeignVersion => {
    version(name, number);
    const kept = model(name).versions.find((one) => one.number === number);
    Object.assign(kept ?? {}, values, { updatedAtMs: clock.nowMs() });
    return version(name, number);
  };
  const present = (kept: KeptModel): ForeignModel => {
    const newest = new Map(kept.versions.map((one) => [one.stage, version(kept.name, one.number)]));
    return { ...kept, latestVersions: [...newest.values()] };
  };

  return {
    projectOfModel: async (name) => models.get(name)?.project ?? null,
    getModel: async (name) => present(model(name)),
    searchModels: async ({ limit }) => pageOf([...models.values()].map(present), limit),
    async createModel({ name, description, tags }) {
      if (models.has(name))
        throw new Problem(problems.model_exists, {
          message: `Registered Model (name=${name}) already exists.`,
        });
      const now = clock.nowMs();
      const kept: KeptModel = {
        name,
        project: null,
        description,
        createdAtMs: now,
        updatedAtMs: now,
        tags,
        aliases: {},
        versions: [],
      };
      models.set(name, kept);
      return present(kept);
    },
    async renameModel({ name, newName }) {
      const kept = model(name);
      models.delete(name);
      kept.name = newName;
      for (const one of kept.versions) one.name = newName;
      models.set(newName, kept);
      return present(kept);
    },
    async describeModel({ name, description }) {
      const kept = model(name);
      kept.description = description;
      return present(kept);
    },
    async deleteModel({ name }) {
      model(name);
      models.delete(name);
    },
    async setModelTag({ name, key, value }) {
      const kept = model(name);
      kept.tags = withEntry(kept.tags, key, value);
    },
    async setAlias({ name, alias, number }) {
      if (number !== undefined) version(name, number);
      const kept = model(name);
      kept.aliases = withEntry(kept.aliases, alias, number);
    },
    getVersion: async (name, number) => version(name, number),
    async findByAlias(name, alias) {
      const kept = model(name);
      const number = alias === "latest" ? kept.versions.at(-1)?.number : kept.aliases[alias];
      if (number === undefined) throw absent(`Registered model alias ${alias} not found.`);
      return version(name, number);
    },
    searchVersions: async ({ filter, limit }) => {
      const name = /name\s*=\s*'([^']*)'/.exec(filter)?.[1];
      const all = [...models.values()].filter((kept) => name === undefined || kept.name === name);
      return pageOf(
        all.flatMap((kept) => kept.versions.map((one) => version(kept.name, one.number))),
        limit,
      );
    },
    async createVersion(order) {
      const kept = model(order.name);
      const now = clock.nowMs();
      const logged =
        order.loggedModelId === undefined ? undefined : await tracking.getLoggedModel(order.loggedModelId);
      const number = (kept.versions.at(-1)?.number ?? 0) + 1;
      kept.versions.push({
        name: order.name,
        project: null,
        number,
        description: order.description,
        createdAtMs: now,
        updatedAtMs: now,
        actor: order.actor,
        source: order.source,
        downloadAddress: logged?.artifactRoot ?? order.source,
        runId: order.runId ?? "",
        runLink: order.runLink,
        loggedModelId: order.loggedModelId ?? "",
        state: "ready",
        stateMessage: "",
        stage: "None",
        tags: order.tags,
        aliases: [],
      });
      return version(order.name, number);
    },
    describeVersion: async ({ name, number, description }) => change(name, number, { description }),
    setStage: async ({ name, number, stage }) => change(name, number, { stage }),
    async deleteVersion({ name, number }) {
      version(name, number);
      const kept = model(name);
      kept.versions = kept.versions.filter((one) => one.number !== number);
    },
    async setVersionTag({ name, number, key, value }) {
      change(name, number, { tags: withEntry(version(name, number).tags, key, value) });
    },
  };
}

function aliasesOf(kept: KeptModel, number: number): string[] {
  return Object.entries(kept.aliases).flatMap(([alias, at]) => (at === number ? [alias] : []));
}

function withEntry<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
  value: Value | undefined,
): Record<string, Value> {
  const others = Object.entries(record).filter(([name]) => name !== key);
  return Object.fromEntries(value === undefined ? others : [...others, [key, value]]);
}

function pageOf<Item>(items: readonly Item[], limit: number): Page<Item> {
  return { items: items.slice(0, limit), nextPageToken: undefined };
}

function absent(message: string): Problem {
  return new Problem(problems.model_not_found, { message });
}
