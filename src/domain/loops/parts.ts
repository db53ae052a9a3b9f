import type { Data } from "#data";
import type { DataCommands } from "#data/commands";
import type { Delivery } from "#delivery";
import type { DeliveryCommands } from "#delivery/commands";
import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Ledger } from "#kernel/events";
import type { JobQueue } from "#kernel/jobs";
import type { Monitoring } from "#monitoring";
import type { Objectives } from "#objectives";
import type { Pipelines, Triggers } from "#pipelines";
import type { PipelinesCommands } from "#pipelines/commands";
import type { Registry } from "#registry";

/** What the loops ask, and the orders they may give: no more than is named here. */
export interface LoopParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly objectives: Pick<Objectives, "getCharter" | "getProject">;
  readonly data: Pick<Data, "latestUsable"> & { readonly commands: Pick<DataCommands, "extendVersion"> };
  readonly pipelines: Pick<Pipelines, "listExecutions"> & {
    readonly commands: Pick<PipelinesCommands, "execute">;
    readonly triggers: Pick<Triggers, "dataArrived">;
  };
  readonly registry: Pick<Registry, "getVersion" | "listVersions">;
  readonly delivery: Pick<Delivery, "getRelease" | "listReleases"> & {
    readonly commands: Pick<
      DeliveryCommands,
      "recordEvidence" | "declineRelease" | "requestRelease" | "rollBack"
    >;
  };
  readonly monitoring: Pick<Monitoring, "getIncident" | "quality" | "labelledRows">;
  /** For files on their way; the analyst may read and write here. */
  readonly workFolder: string;
}
