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
import type { Pipelines } from "#pipelines";
import type { PipelinesCommands } from "#pipelines/commands";
import type { Registry } from "#registry";

/** What the loops ask, and the orders they may give. */
export interface LoopParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly jobs: JobQueue;
  readonly blobs: Blobs;
  readonly objectives: Objectives;
  readonly data: Data & { readonly commands: DataCommands };
  readonly pipelines: Pipelines & { readonly commands: PipelinesCommands };
  readonly registry: Registry;
  readonly delivery: Delivery & { readonly commands: DeliveryCommands };
  readonly monitoring: Monitoring;
  /** For files on their way; the analyst may read and write here. */
  readonly workFolder: string;
}
