import type { Principal } from "#kernel/auth";
import type { Digest } from "#kernel/digest";

import type { Execution, Purpose } from "./entities.ts";

export type { StudyCommands } from "./studies/commands.ts";

export interface ExecuteOrder {
  readonly project: string;
  /** Stages (`train`, `train@small`, or `train` for all its variants) or paths they make. All when absent or empty. */
  readonly targets?: readonly string[];
  /** Values for this run: a key of params.yaml (`train.alpha`), or `file:key`. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly purpose: Purpose;
  /** The version of a data set to use, by its name; the latest usable one when absent. */
  readonly datasetVersions?: Readonly<Record<string, string>>;
  /** The code of an earlier execution; a snapshot of the project's folder when absent. */
  readonly codeDigest?: Digest;
  readonly actor: string;
  /** Asked for again under the same key within the project, the order gives the execution of the first time. */
  readonly idempotencyKey?: string;
}

/** The orders of pipelines. */
export interface PipelinesCommands {
  /**
   * Queues an execution. Throws at once what is wrong with the pipeline, its parameters or its data, and
   * `idempotency_key_reused` when the key stands for another order.
   */
  execute(order: ExecuteOrder): Promise<Execution>;
  /**
   * Ends a queued or running execution, whose steps tell the reason (a whole sentence) where one is given; one
   * that has ended stays as it is. Throws `execution_not_found`.
   */
  cancelExecution(id: string, actor: string, reason?: string): Promise<Execution>;
  /**
   * Answers the question of an approval step. Only a person may, whoever began the execution. Throws
   * `approval_not_found`, `approval_not_open`, `approver_not_a_person`.
   */
  answerApproval(answer: {
    readonly execution: string;
    /** The name of the stage, or the id of its step. */
    readonly stage: string;
    readonly answer: "approved" | "declined";
    readonly note?: string;
    readonly by: Principal;
  }): Promise<Execution>;
  /**
   * Stops a running step, with time to keep its checkpoint, and puts it back into the queue; it does not
   * count as a failure. Throws `step_not_running`.
   */
  preemptStep(order: {
    readonly execution: string;
    readonly stage: string;
    readonly actor: string;
  }): Promise<Execution>;
}
