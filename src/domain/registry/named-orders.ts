import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Events, Ledger } from "#kernel/events";
import type { Tracking } from "#tracking";

import { clientVersion } from "./client-version.ts";
import { pointAlias, projectOf, removeAlias } from "./aliases.ts";
import type { NamedModelCommands } from "./commands.ts";
import type { TagChange } from "./events.ts";
import type { ModelVersion, NamedModels, NamedVersion } from "./index.ts";
import { keepVersion, renewFiles } from "./keeping.ts";
import {
  findName,
  findNamedVersion,
  labelsOf,
  presentModel,
  presentOne,
  versionsOf,
} from "./named-models.ts";
import { promptTag } from "./named-search.ts";
import { deleteLabels, deleteName, insertName, readLabels, saveLabels, saveName } from "./named-store.ts";
import type { Labels, Name } from "./named-store.ts";
import { problems } from "./problems.ts";
import { canonicalStage, checkArchiving, checkTagName, checkTags } from "./label-rules.ts";
import { deleteVersion, lockModel, moveModel, readVersions } from "./store.ts";

export interface NamedModelOrderParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly blobs: Pick<Blobs, "renew">;
  readonly tracking: Pick<Tracking, "projectOfRun">;
}

/** What the ledger is told of a label besides the change itself. */
interface ToldLabel {
  readonly change: string;
  readonly tag?: TagChange;
  readonly reason?: string | null;
}

/** Orders about models by their flat names. */
export function createNamedModelOrders(
  parts: NamedModelOrderParts,
  named: Pick<NamedModels, "projectOfModel">,
): NamedModelCommands {
  const { db, ledger, clock, tracking } = parts;

  /** Finds the model, changes it, and says so. */
  async function changeModel(
    order: { readonly name: string; readonly actor: string },
    data: Events["registered_model.changed"],
    next: (model: Name) => Partial<Name>,
  ): Promise<Name> {
    const model = await findName(db, order.name);
    const changed = { ...model, ...next(model), updatedAtMs: clock.nowMs() };
    await saveName(db, changed);
    await tell(changed, order.actor, data);
    return changed;
  }

  const tell = async (model: Name, actor: string, data: Events["registered_model.changed"]): Promise<void> =>
    await ledger.append({
      kind: "registered_model.changed",
      subject: model.name,
      project: projectOf(model),
      actor,
      data,
    });

  /** Finds the version, changes what is said about it, and says so. */
  async function label(
    order: { readonly name: string; readonly number: number; readonly actor: string },
    told: ToldLabel,
    next: (labels: Labels) => Partial<Labels>,
    nowMs = clock.nowMs(),
  ): Promise<NamedVersion> {
    const { named: model, version } = await findNamedVersion(db, order.name, order.number);
    await relabel(version, order.actor, told, next, nowMs);
    return await presentOne(db, model, version);
  }

  async function relabel(
    version: ModelVersion,
    actor: string,
    told: ToldLabel,
    next: (labels: Labels) => Partial<Labels>,
    nowMs: number,
  ): Promise<void> {
    const labels = labelsOf(version, (await readLabels(db, [version.id])).get(version.id));
    const changed = { ...labels, ...next(labels), updatedAtMs: nowMs };
    await saveLabels(db, version.id, changed);
    const stage = labels.stage === changed.stage ? {} : { stage: { from: labels.stage, to: changed.stage } };
    await ledger.append({
      kind: "model_version.labelled",
      subject: version.id,
      project: projectOf(version),
      actor,
      data: { model: version.model, number: version.number, ...told, ...stage },
    });
  }

  /** A model that was made outside any project joins the one whose run its first version comes from. */
  async function adopt(model: Name, runId: string | undefined): Promise<Name> {
    if (model.project !== "" || runId === undefined) return model;
    const project = await projectOfRun(runId);
    if (project === null || (await readVersions(db, { project, model: model.model })).length > 0)
      return model;
    const adopted = { ...model, project };
    await moveModel(db, model, adopted);
    await saveName(db, adopted);
    return adopted;
  }

  /** Null for a run of another tracking server: clients may keep runs there and models here. */
  async function projectOfRun(runId: string): Promise<string | null> {
    try {
      return await tracking.projectOfRun(runId);
    } catch (error) {
      if (error instanceof Problem && (error.kind === "not_found" || error.kind === "invalid")) return null;
      throw error;
    }
  }

  return {
    createModel: ({ name, description, tags, actor }) =>
      db.transaction(async () => {
        const nowMs = clock.nowMs();
        const model: Name = {
          name,
          project: (await named.projectOfModel(name)) ?? "",
          model: name,
          description,
          tags: checkTags(tags),
          greatestDeleted: 0,
          createdAtMs: nowMs,
          updatedAtMs: nowMs,
        };
        if (!(await insertName(db, model))) throw taken(model, await findName(db, name));
        await ledger.append({
          kind: "registered_model.created",
          subject: name,
          project: projectOf(model),
          actor,
          data: { model: name },
        });
        return await presentModel(db, model);
      }),

    renameModel: ({ name, newName, actor }) =>
      db.transaction(async () => {
        const model = await findName(db, name);
        await refuseMade(db, model);
        const renamed = { ...model, name: newName, model: newName, updatedAtMs: clock.nowMs() };
        if (!(await insertName(db, renamed))) throw exists(newName);
        await moveModel(db, model, renamed);
        await deleteName(db, name);
        await tell(renamed, actor, { change: `renamed from ${name}` });
        return await presentModel(db, renamed);
      }),

    describeModel: (order) =>
      db.transaction(async () => {
        const { description } = order;
        return await presentModel(
          db,
          await changeModel(order, { change: "description" }, () => ({ description })),
        );
      }),

    deleteModel: ({ name, actor }) =>
      db.transaction(async () => {
        const model = await findName(db, name);
        await refuseMade(db, model);
        for (const version of await versionsOf(db, model)) {
          await deleteLabels(db, version.id);
          await deleteVersion(db, version);
        }
        await deleteName(db, name);
        await ledger.append({
          kind: "registered_model.deleted",
          subject: name,
          project: projectOf(model),
          actor,
          data: { model: model.model },
        });
      }),

    setModelTag: (order) =>
      db.transaction(async () => {
        const { key, value } = order;
        await changeModel(order, tagChange(key, value), ({ tags }) => ({ tags: withTag(tags, key, value) }));
      }),

    setAlias: ({ name, number, ...order }) =>
      db.transaction(async () => {
        if (number !== undefined) {
          await pointAlias(parts, (await findNamedVersion(db, name, number)).version, order);
          return;
        }
        const model = await findName(db, name);
        const version = (await versionsOf(db, model)).find((one) => one.aliases.includes(order.alias));
        if (version !== undefined) await removeAlias(parts, version, order);
      }),

    createVersion: async (order) => {
      await renewFiles(parts.blobs, order.files);
      return await db.transaction(async () => {
        const { files, runId, loggedModelId, actor } = order;
        const model = await adopt(await findName(db, order.name), runId);
        const version = await keepVersion(parts, {
          project: model.project,
          model: model.model,
          ...clientVersion({ files, runId: runId ?? null, reason: "registered by an MLflow client" }),
          actor,
        });
        await saveLabels(db, version.id, {
          description: order.description,
          tags: checkTags(order.tags),
          stage: "None",
          source: order.source,
          runLink: order.runLink,
          runId: runId ?? "",
          loggedModelId: loggedModelId ?? "",
          address: order.address ?? "",
          updatedAtMs: version.createdAtMs,
        });
        await saveName(db, { ...model, updatedAtMs: version.createdAtMs });
        return await presentOne(db, model, version);
      });
    },

    describeVersion: (order) =>
      db.transaction(
        async () => await label(order, { change: "description" }, () => ({ description: order.description })),
      ),

    setStage: (order) =>
      db.transaction(async () => {
        const { archiveExisting, reason = null } = order;
        const stage = canonicalStage(order.stage);
        if (archiveExisting) checkArchiving(stage);
        const change = { change: "stage", reason };
        const nowMs = clock.nowMs();
        const model = await findName(db, order.name);
        for (const other of archiveExisting ? await versionsOf(db, model) : []) {
          const labels = (await readLabels(db, [other.id])).get(other.id);
          if (other.number === order.number || labelsOf(other, labels).stage !== stage) continue;
          await relabel(other, order.actor, change, () => ({ stage: "Archived" }), nowMs);
        }
        const labelled = await label(order, change, () => ({ stage }), nowMs);
        await saveName(db, { ...model, updatedAtMs: labelled.updatedAtMs });
        return labelled;
      }),

    deleteVersion: ({ name, number, actor }) =>
      db.transaction(async () => {
        const { named: model } = await findNamedVersion(db, name, number);
        await lockModel(db, model);
        const { version } = await findNamedVersion(db, name, number);
        if (version.kind !== "python") throw kept(`Version ${number} of ${name}`);
        await deleteLabels(db, version.id);
        await deleteVersion(db, version);
        await saveName(db, {
          ...model,
          greatestDeleted: Math.max(model.greatestDeleted, number),
          updatedAtMs: clock.nowMs(),
        });
        await ledger.append({
          kind: "model_version.deleted",
          subject: version.id,
          project: projectOf(version),
          actor,
          data: { model: version.model, number },
        });
      }),

    setVersionTag: (order) =>
      db.transaction(async () => {
        const { key, value } = order;
        await label(order, tagChange(key, value), ({ tags }) => ({ tags: withTag(tags, key, value) }));
      }),
  };
}

/** What a project made is referred to by releases and predictions. */
async function refuseMade(db: Database, model: Name): Promise<void> {
  if ((await versionsOf(db, model)).some((version) => version.kind !== "python")) throw kept(model.name);
}

function tagChange(key: string, value: string | undefined): ToldLabel {
  return { change: `tag ${key}`, tag: { key, value: value ?? null } };
}

function withTag(
  tags: Readonly<Record<string, string>>,
  key: string,
  value: string | undefined,
): Record<string, string> {
  if (value === undefined) checkTagName(key);
  else checkTags({ [key]: value });
  const others = Object.entries(tags).filter(([name]) => name !== key);
  return Object.fromEntries(value === undefined ? others : [...others, [key, value]]);
}

function exists(name: string): Problem {
  return new Problem(problems.model_exists, { message: `Registered Model (name=${name}) already exists.` });
}

/** Clients keep prompts among the models, and are told which of the two has the name. */
function taken(wanted: Name, there: Name): Problem {
  const kindOf = ({ tags }: Name): string => (tags[promptTag] === "true" ? "Prompt" : "Registered Model");
  if (kindOf(wanted) === kindOf(there)) {
    return new Problem(problems.model_exists, {
      message: `${kindOf(there)} (name=${there.name}) already exists.`,
    });
  }
  return new Problem(problems.model_exists, {
    message:
      `Tried to create a ${kindOf(wanted).toLowerCase()} with name '${there.name}', but the name is already taken by a ` +
      `${kindOf(there).toLowerCase()}.`,
  });
}

function kept(what: string): Problem {
  return new Problem(problems.model_kept, { message: `${what} was made by its project and is kept.` });
}
