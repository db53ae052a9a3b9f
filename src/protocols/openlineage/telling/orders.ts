import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import { createId } from "#kernel/ids";
import type { JobQueue } from "#kernel/jobs";
import type { SecretBox } from "#kernel/secret-box";
import { ownNamespace } from "#lineage";
import type { Targets } from "#webhooks";

import { problems } from "../problems.ts";
import { enqueueLane } from "./delivering.ts";
import * as store from "./store.ts";
import type { Endpoint, KeptEndpoint } from "./store.ts";

export interface NewEndpoint {
  readonly project: string | null;
  readonly name: string;
  readonly url: string;
  readonly namespace?: string | undefined;
  readonly key?: string | undefined;
  readonly actor: string;
}

/** The orders about endpoints. */
export interface EndpointOrders {
  /** Throws `webhook_url_refused` for an address that may not be reached, and `lineage_endpoint_invalid`. */
  createEndpoint(endpoint: NewEndpoint): Promise<Endpoint>;
  /** What waits for an endpoint that is switched off is dropped. */
  switchEndpoint(order: { id: string; isActive: boolean; actor: string }): Promise<Endpoint>;
  deleteEndpoint(order: { id: string; actor: string }): Promise<void>;
  /** Tells again what was given up; gives how many events. */
  retryEndpoint(order: { id: string; actor: string }): Promise<number>;
}

export function createOrders(parts: {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly secrets: SecretBox;
  readonly targets: Targets;
}): EndpointOrders {
  const { db, ledger, clock, jobs, secrets } = parts;
  return {
    async createEndpoint({ project, name, url, namespace = ownNamespace, key, actor }) {
      if (name.trim() === "" || name.length > 100 || namespace.trim() === "" || namespace.length > 200) {
        throw new Problem(problems.lineage_endpoint_invalid, {
          message: "An endpoint needs a name of at most 100 characters and a namespace of at most 200.",
        });
      }
      const { host } = parts.targets.read(url);
      const id = createId("lineageEndpoint", clock);
      const endpoint: KeptEndpoint = {
        id,
        project,
        name,
        url,
        namespace,
        hasKey: key !== undefined,
        sealedKey: key === undefined ? null : await secrets.seal(key, id),
        isActive: true,
        createdAtMs: clock.nowMs(),
        actor,
      };
      await db.transaction(async () => {
        await store.insertEndpoint(db, endpoint);
        const data = { name, host };
        await ledger.append({ kind: "lineage_endpoint.created", subject: id, project, actor, data });
      });
      return withoutKey(endpoint);
    },
    switchEndpoint: async ({ id, isActive, actor }) =>
      await db.transaction(async () => {
        const { name, project } = await findEndpoint(db, id);
        await store.setActive(db, id, isActive);
        const data = { name, isActive };
        await ledger.append({ kind: "lineage_endpoint.changed", subject: id, project, actor, data });
        return withoutKey(await findEndpoint(db, id));
      }),
    deleteEndpoint: async ({ id, actor }) =>
      await db.transaction(async () => {
        const { name, project } = await findEndpoint(db, id);
        await store.deleteEndpoint(db, id);
        await ledger.append({
          kind: "lineage_endpoint.deleted",
          subject: id,
          project,
          actor,
          data: { name },
        });
      }),
    retryEndpoint: async ({ id, actor }) =>
      await db.transaction(async () => {
        const { name, project } = await findEndpoint(db, id);
        const events = await store.moveAll(db, { endpoint: id }, "given_up", "pending", clock.nowMs());
        for (const lane of await store.lanesWaiting(db, id)) {
          await store.lockLane(db, id, lane);
          await enqueueLane(jobs, id, lane);
        }
        const data = { name, events };
        await ledger.append({ kind: "lineage_delivery.retried", subject: id, project, actor, data });
        return events;
      }),
  };
}

/** Throws `lineage_endpoint_not_found`. */
export async function findEndpoint(db: Database, id: string): Promise<KeptEndpoint> {
  const endpoint = await store.readEndpoint(db, id);
  if (endpoint !== undefined) return endpoint;
  throw new Problem(problems.lineage_endpoint_not_found, {
    message: `There is no endpoint ${id.slice(0, 100)} for lineage.`,
  });
}

/** What may be shown. */
export function withoutKey({ sealedKey: _, ...endpoint }: KeptEndpoint): Endpoint {
  return endpoint;
}
