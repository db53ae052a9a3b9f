import { randomBytes, timingSafeEqual } from "node:crypto";

import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { digestOf } from "#kernel/digest";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import { createId } from "#kernel/ids";

import type { PipelinesCommands } from "./commands.ts";
import type { Execution } from "./entities.ts";
import { problems } from "./problems.ts";
import { deleteTrigger, listTriggers, readTrigger, saveTrigger } from "./store/triggers.ts";
import type { KeptTrigger } from "./store/triggers.ts";

/** What begins an execution from outside: a call with the trigger's own token, or a new version of a data set. */
export interface Trigger {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly kind: "webhook" | "data";
  /** Of kind `data`: the data set whose new versions count. */
  readonly dataset: string | null;
  readonly targets: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly actor: string;
  readonly createdAtMs: number;
}

export type NewTrigger = Omit<Trigger, "id" | "createdAtMs">;

export interface Triggers {
  list(project: string): Promise<readonly Trigger[]>;
  /**
   * Sets the trigger of that name, replacing it. The token of a webhook is told here and never again.
   * Throws `trigger_invalid`.
   */
  set(trigger: NewTrigger): Promise<{ readonly trigger: Trigger; readonly token: string | null }>;
  /** Throws `trigger_not_found`. */
  remove(order: { readonly project: string; readonly name: string; readonly actor: string }): Promise<void>;
  /** Begins the execution of a webhook. Throws `trigger_refused` for any token but its own. */
  call(call: {
    readonly trigger: string;
    readonly token: string;
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly idempotencyKey?: string;
  }): Promise<Execution>;
  /** Begins the executions that wait for new versions of the data set, once for each version. */
  dataArrived(arrival: {
    readonly project: string;
    readonly dataset: string;
    readonly version: string;
  }): Promise<readonly Execution[]>;
}

const tokenBytes = 32;

export function createTriggers(parts: {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly commands: Pick<PipelinesCommands, "execute">;
}): Triggers {
  const { db, ledger, clock, commands } = parts;

  const execute = async (
    trigger: Trigger,
    how: {
      readonly reason: string;
      readonly parameters?: Readonly<Record<string, unknown>>;
      readonly datasetVersions?: Readonly<Record<string, string>>;
      readonly key: string | undefined;
    },
  ): Promise<Execution> =>
    await commands.execute({
      project: trigger.project,
      targets: trigger.targets,
      parameters: { ...trigger.parameters, ...how.parameters },
      ...(how.datasetVersions === undefined ? {} : { datasetVersions: how.datasetVersions }),
      purpose: { kind: "trigger", reason: how.reason, source: trigger.id },
      actor: "system",
      ...(how.key === undefined ? {} : { idempotencyKey: `trigger:${trigger.id}:${how.key}` }),
    });

  return {
    list: async (project) => (await listTriggers(db, project)).map(presented),
    async set(given) {
      if ((given.kind === "data") !== (given.dataset !== null)) {
        throw new Problem(problems.trigger_invalid, {
          message: `The trigger "${given.name}" is of kind ${given.kind} and names ${given.dataset ?? "no data set"}.`,
        });
      }
      const token = given.kind === "webhook" ? randomBytes(tokenBytes).toString("base64url") : null;
      const trigger = { ...given, id: createId("trigger", clock), createdAtMs: clock.nowMs() };
      await db.transaction(async () => {
        await saveTrigger(db, { ...trigger, tokenDigest: token === null ? null : digestOf(token) });
        const { id, project, actor, name, kind } = trigger;
        await ledger.append({ kind: "trigger.set", subject: id, project, actor, data: { name, kind } });
      });
      return { trigger, token };
    },
    remove: async ({ project, name, actor }) =>
      await db.transaction(async () => {
        const found = (await listTriggers(db, project)).find((one) => one.name === name);
        if (found === undefined) {
          throw new Problem(problems.trigger_not_found, {
            message: `The project ${project} has no trigger "${name}".`,
            data: { name },
          });
        }
        await deleteTrigger(db, found.id);
        await ledger.append({ kind: "trigger.removed", subject: found.id, project, actor, data: { name } });
      }),
    async call({ trigger: id, token, parameters, idempotencyKey }) {
      const trigger = await readTrigger(db, id);
      // The same words whether there is no such trigger or the token is another: a caller without it learns nothing.
      if (trigger === undefined || !isToken(token, trigger.tokenDigest)) {
        throw new Problem(problems.trigger_refused, {
          message: `The token does not open the trigger ${id}.`,
        });
      }
      return await execute(trigger, {
        reason: `webhook ${trigger.name}`,
        parameters,
        key: idempotencyKey,
      });
    },
    async dataArrived({ project, dataset, version }) {
      const waiting = (await listTriggers(db, project)).filter((one) => one.dataset === dataset);
      const begun: Execution[] = [];
      for (const trigger of waiting) {
        const reason = `new data: ${dataset} (${trigger.name})`;
        begun.push(await execute(trigger, { reason, datasetVersions: { [dataset]: version }, key: version }));
      }
      return begun;
    },
  };
}

function isToken(token: string, digest: string | null): boolean {
  if (digest === null) return false;
  return timingSafeEqual(Buffer.from(digestOf(token)), Buffer.from(digest));
}

function presented({ tokenDigest: _, ...trigger }: KeptTrigger): Trigger {
  return trigger;
}
