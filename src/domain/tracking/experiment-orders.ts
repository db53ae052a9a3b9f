import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";

import { checkArtifactLocation } from "./artifact-path.ts";
import type { TrackingCommands } from "./commands.ts";
import type { Lookups } from "./lookups.ts";
import { problems } from "./problems.ts";
import {
  adoptExperiment,
  deleteExperimentTag,
  insertExperiment,
  readExperimentByName,
  saveExperimentTags,
  setRunsState,
  updateExperiment,
} from "./store/experiments.ts";
import type { StoredExperiment } from "./store/experiments.ts";
import type { Write } from "./store/writes.ts";
import { checkExperimentName, checkExperimentTag } from "./validation.ts";

export type ExperimentOrders = Pick<
  TrackingCommands,
  | "createExperiment"
  | "ensureExperiment"
  | "renameExperiment"
  | "deleteExperiment"
  | "restoreExperiment"
  | "setExperimentTag"
  | "deleteExperimentTag"
>;

export interface OrderParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly lookups: Lookups;
  readonly write: Write;
  /** Whether there is a project of this name. */
  isProject(name: string): Promise<boolean>;
  /** Throws unless clients may be told this address as the place of their artifacts. */
  readonly checkLocation?: ((address: string) => string) | undefined;
}

export function createExperimentOrders(parts: OrderParts): ExperimentOrders {
  const { db, ledger, clock, lookups, write, checkLocation = checkArtifactLocation } = parts;

  const createExperiment: ExperimentOrders["createExperiment"] = async (order) => {
    const name = checkExperimentName(order.name);
    const tags = (order.tags ?? []).map(checkExperimentTag);
    const location = order.artifactLocation === undefined ? null : checkLocation(order.artifactLocation);
    const project = order.project ?? ((await parts.isProject(name)) ? name : null);
    return await write(async () => {
      const before = await readExperimentByName(db, name);
      if (before !== undefined) throw alreadyThere(before);
      const now = clock.nowMs();
      const id = await insertExperiment(db, {
        name,
        project,
        artifact_location: location,
        state: "active",
        created_at_ms: now,
        updated_at_ms: now,
      });
      await saveExperimentTags(db, id, tags);
      await ledger.append({
        kind: "experiment.created",
        subject: String(id),
        project,
        actor: order.actor,
        data: { name },
      });
      return await lookups.experiment(String(id));
    });
  };

  const changeState = async (
    order: { id: string; actor: string },
    state: "active" | "deleted",
  ): Promise<void> => {
    await write(async () => {
      const row = await lookups.storedExperiment(order.id);
      if (row.state === state) {
        // Deleting the deleted is an error to MLflow's clients, restoring the active too.
        throw new Problem(problems.experiment_not_active, {
          message: `The experiment ${order.id} is already in the '${state}' state.`,
        });
      }
      await updateExperiment(db, row.id, { state, updated_at_ms: clock.nowMs() });
      await setRunsState(db, row.id, state);
      const kind = state === "deleted" ? "experiment.deleted" : "experiment.restored";
      await ledger.append({
        kind,
        subject: order.id,
        project: row.project,
        actor: order.actor,
        data: { name: row.name },
      });
    });
  };

  return {
    createExperiment,
    async ensureExperiment({ project, name = project, actor }) {
      const found = await readExperimentByName(db, name);
      if (found === undefined) return await createExperiment({ name, project, actor });
      if (found.project === null && name === project) {
        await write(() => adoptExperiment(db, project));
        db.afterCommit(() => lookups.forgetProjects());
      } else if (found.project !== project) throw alreadyThere(found);
      return await lookups.experiment(String(found.id));
    },
    async renameExperiment(order) {
      const name = checkExperimentName(order.name);
      await write(async () => {
        const row = await lookups.storedExperiment(order.id);
        if (row.state !== "active") throw notActive(row);
        const before = await readExperimentByName(db, name);
        if (before !== undefined && before.id !== row.id) throw alreadyThere(before);
        await updateExperiment(db, row.id, { name, updated_at_ms: clock.nowMs() });
        await ledger.append({
          kind: "experiment.renamed",
          subject: order.id,
          project: row.project,
          actor: order.actor,
          data: { name },
        });
      });
    },
    deleteExperiment: (order) => changeState(order, "deleted"),
    restoreExperiment: (order) => changeState(order, "active"),
    async setExperimentTag({ id, tag }) {
      const checked = checkExperimentTag(tag);
      await write(async () => {
        const row = await lookups.storedExperiment(id);
        if (row.state !== "active") throw notActive(row);
        await saveExperimentTags(db, row.id, [checked]);
        await updateExperiment(db, row.id, { updated_at_ms: clock.nowMs() });
      });
    },
    async deleteExperimentTag({ id, key }) {
      await write(async () => {
        const row = await lookups.storedExperiment(id);
        if (row.state !== "active") throw notActive(row);
        if (!(await deleteExperimentTag(db, row.id, key))) {
          throw new Problem(problems.run_tag_not_found, {
            message: `No tag with name: ${key} in experiment with id ${id}`,
          });
        }
      });
    },
  };
}

function alreadyThere(row: StoredExperiment): Problem {
  const deleted = row.state === "deleted" ? " in deleted state. Restore it, or use another name" : "";
  return new Problem(problems.experiment_exists, {
    message: `Experiment(name=${row.name}) already exists${deleted}.`,
    data: { experimentId: String(row.id) },
  });
}

export function notActive(row: StoredExperiment): Problem {
  return new Problem(problems.experiment_not_active, {
    message: `The experiment ${row.id} must be in the 'active' state. Current state is ${row.state}.`,
  });
}
