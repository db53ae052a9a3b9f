import { join } from "node:path";

import { dayMs } from "#kernel/clock";
import { Problem } from "#kernel/errors";
import { createId } from "#kernel/ids";
import type { JobQueue } from "#kernel/jobs";

import { findStages, select } from "../definition/graph.ts";
import { readStanding } from "../explain.ts";
import type { ExplainParts } from "../explain.ts";
import { problems } from "../problems.ts";
import {
  endVerification,
  insertVerification,
  listVerifications,
  readVerification,
  readVerificationRow,
  setJob,
} from "../store/verifications.ts";
import { chooseStages } from "./choose-stages.ts";
import type { NewVerification, Verification, VerificationSummary } from "./entities.ts";
import { keyOfStage, verifyStages } from "./verify-stages.ts";

declare module "#kernel/jobs" {
  interface Jobs {
    "pipelines.verify": { readonly verification: string };
  }
}

export interface VerificationParts extends ExplainParts {
  readonly jobs: JobQueue;
  /** Stages are run again in folders of their own below it. */
  readonly verificationsFolder: string;
}

/** Running cached steps again, aside, to find those that do not give the same bytes. */
export interface Verifications {
  /** The newest, newest first; with a stage only those it is in, each with what came of it. */
  list(project: string, stage?: string): Promise<readonly VerificationSummary[]>;
  /** Throws `verification_not_found`. */
  get(project: string, id: string): Promise<Verification>;
  /** Begins one and returns at once. Throws `stage_unknown`, `verification_invalid`, and what is wrong with the pipeline. */
  start(verification: NewVerification): Promise<Verification>;
  /** Ends what runs of it; one that has ended stays as it is. Throws `verification_not_found`. */
  cancel(order: {
    readonly project: string;
    readonly id: string;
    readonly actor: string;
  }): Promise<Verification>;
  /** Why a stage of it that runs does not begin yet; undefined when it has. */
  waitsFor(verification: string, position: number): string | undefined;
}

// One at a time is enough: what it runs takes its place among the steps of executions anyway.
const atOnce = 2;
// Only the death of a server and trouble with its disk or database count.
const maximumAttempts = 20;

/**
 * A verification is a job that goes on after its server died: what was done is not done again, and what ran is
 * ended first. Its code and data are those of its beginning.
 */
export function createVerifications(parts: VerificationParts): Verifications {
  const { db, clock, jobs, ledger } = parts;

  const get = async (project: string, id: string): Promise<Verification> => {
    const verification = await readVerification(db, id);
    if (verification?.project === project) return verification;
    throw new Problem(problems.verification_not_found, {
      message: `There is no verification ${id} in ${project}.`,
      data: { verification: id },
    });
  };

  async function end(
    { id, project }: Pick<Verification, "id" | "project">,
    how: {
      readonly state: "finished" | "failed" | "cancelled";
      readonly failure?: string;
      readonly actor: string;
    },
  ): Promise<boolean> {
    return await db.transaction(async () => {
      const { state, failure = null, actor } = how;
      if (!(await endVerification(db, id, { state, failure, nowMs: clock.nowMs() }))) return false;
      const { stages } = await get(project, id);
      const differing = stages.filter(({ verdict }) => verdict === "differs").map(({ stage }) => stage);
      const data = { state, differing };
      await ledger.append({ kind: "verification.finished", subject: id, project, actor, data });
      return true;
    });
  }

  jobs.define("pipelines.verify", {
    concurrency: atOnce,
    maxAttempts: maximumAttempts,
    timeoutMs: 7 * dayMs,
    async run(job) {
      const verification = await readVerification(db, job.payload.verification);
      if (verification?.state !== "running") return;
      try {
        await verifyStages(parts, verification, {
          signal: job.signal,
          folder: join(parts.verificationsFolder, verification.id),
          progressed: job.progressed,
        });
      } catch (error) {
        job.signal.throwIfAborted();
        // What is wrong with the project will not mend itself by another try.
        if (!(error instanceof Problem) || error.kind === "unavailable") throw error;
        await end(verification, { state: "failed", failure: error.message, actor: "system" });
        return;
      }
      await end(verification, { state: "finished", actor: "system" });
    },
    async gaveUp({ payload }, error) {
      const { verification: id } = payloadOf(payload);
      const verification = id === undefined ? undefined : await readVerification(db, id);
      if (verification !== undefined)
        await end(verification, { state: "failed", failure: error, actor: "system" });
    },
  });

  return {
    list: async (project, stage) => await listVerifications(db, project, stage),
    get,
    async start({ project, targets, alone, sample, seed, actor }) {
      const { graph, code, datasets } = await readStanding(parts, project, targets);
      const selected = select(graph, targets).stages;
      const named = new Set(targets.flatMap((target) => findStages(graph, target)));
      const wanted = alone && named.size > 0 ? selected.filter((stage) => named.has(stage)) : selected;
      const stages = chooseStages(wanted, { sample, seed }).map(({ name }) => name);
      const id = createId("verification", clock);
      await db.transaction(async () => {
        await insertVerification(db, {
          id,
          project,
          targets,
          stages,
          codeDigest: code.digest,
          datasetVersions: Object.fromEntries(datasets.map(({ name, versionId }) => [name, versionId])),
          actor,
          createdAtMs: clock.nowMs(),
        });
        const data = { stages: stages.length };
        await ledger.append({ kind: "verification.started", subject: id, project, actor, data });
        const payload = { verification: id };
        await setJob(db, id, await jobs.enqueue({ kind: "pipelines.verify", payload, key: id, project }));
      });
      return await get(project, id);
    },
    async cancel({ project, id, actor }) {
      const verification = await get(project, id);
      await db.transaction(async () => {
        if (!(await end(verification, { state: "cancelled", actor }))) return;
        const job = (await readVerificationRow(db, id))?.job ?? null;
        if (job !== null) await jobs.cancel(job);
      });
      return await get(project, id);
    },
    waitsFor: (id, position) => parts.pool.waitsFor(keyOfStage(id, position)),
  };
}

function payloadOf(payload: unknown): { readonly verification?: string } {
  return typeof payload === "object" &&
    payload !== null &&
    "verification" in payload &&
    typeof payload.verification === "string"
    ? { verification: payload.verification }
    : {};
}
