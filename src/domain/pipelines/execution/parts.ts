import type { Blobs } from "#kernel/blobs";
import type { Clock } from "#kernel/clock";
import type { Digest } from "#kernel/digest";
import type { Database, Durability } from "#kernel/db";
import type { Ledger } from "#kernel/events";
import type { Log } from "#kernel/log";

import type { Compute, Environment, Targets } from "#compute";

import type {
  DatasetsPort,
  PassesPort,
  ProjectsPort,
  RunsPort,
  SecretsPort,
  StepListener,
} from "../ports.ts";
import type { ExecutionPlan, Plans } from "../store/plans.ts";
import type { PlannedStep } from "../store/steps.ts";
import type { KeyParts, Stage, StepState } from "../entities.ts";
import type { KeySurroundings } from "./cache-key.ts";
import type { Gpus } from "./gpus.ts";
import type { HeldGpus } from "./held-gpus.ts";
import type { Logs } from "./logs.ts";
import type { Pool } from "./pool.ts";
import type { Preemptions } from "./preemptions.ts";
import type { SharedResults } from "./shared-results.ts";
import type { VerifiedOuts } from "./verified-outs.ts";
import type { Workspace } from "./workspace.ts";

/** What the work on executions needs. */
export interface ExecutionParts {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly blobs: Blobs;
  readonly log: Log;
  readonly compute: Compute;
  readonly targets: Pick<Targets, "find" | "all">;
  readonly projects: ProjectsPort;
  readonly datasets: DatasetsPort;
  readonly runs: RunsPort;
  readonly listeners: readonly StepListener[];
  readonly logs: Logs;
  readonly pool: Pool;
  readonly gpus: Gpus;
  readonly heldGpus: HeldGpus;
  readonly plans: Plans;
  readonly verified: VerifiedOuts;
  readonly shared: SharedResults;
  readonly secrets: SecretsPort;
  readonly passes: PassesPort;
  /** Holds one folder for each execution at work, and the last few that failed. */
  readonly executionsFolder: string;
  readonly maximumLogBytes: number;
  readonly stepTimeoutMs: number;
}

/** One execution while this process works on it. */
export interface OpenExecution {
  readonly id: string;
  readonly project: string;
  readonly actor: string;
  readonly workspace: Workspace;
  readonly environment: Environment | null;
  /** What the key of a stage knows of where it runs. Throws what its target throws. */
  surroundings(stage: Stage): Promise<KeySurroundings>;
  readonly plan: ExecutionPlan;
  readonly steps: OpenSteps;
  readonly preemptions: Preemptions;
  /** Aborts when no further step may be begun: after a failure, and with `signal`. */
  readonly stopping: AbortSignal;
  /** Aborts when its person cancels it. */
  readonly cancelled: AbortSignal;
  /** Aborts when it is cancelled, or this process must leave it. */
  readonly signal: AbortSignal;
  /**
   * Runs the work in a transaction in which this process still holds the execution. Throws when it does not.
   * `later` for what the next step, or the end of the execution, makes durable before anything comes of it.
   */
  write<Result>(work: () => Promise<Result>, durability?: Durability): Promise<Result>;
}

/** What is known of the steps of an execution while this process works on it. */
export interface OpenSteps {
  /** The step as it stands, by its place in the plan. */
  get(place: number): OpenStep;
  stateOf(place: number): StepState;
  /** The numbers a stage reported, in this execution. */
  metricsOf(stage: string): Readonly<Record<string, number>> | undefined;
  setMetrics(stage: string, metrics: Readonly<Record<string, number>>): void;
  /** Keeps what changed of a step, beside its row. */
  change(place: number, change: Partial<OpenStep>): void;
}

export interface OpenStep extends PlannedStep {
  readonly state: StepState;
  readonly attempt: number;
  readonly retries: number;
  readonly preemptions: number;
  /** System time. */
  readonly retryAtMs: number | null;
  readonly runId?: string | null;
  /** Of a step whose work elsewhere an earlier server handed over: what that is made from, whatever holds now. */
  readonly takenOver?: { readonly keyParts: KeyParts; readonly cacheKey: Digest };
}
