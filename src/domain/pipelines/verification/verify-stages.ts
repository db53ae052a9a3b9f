import { rm } from "node:fs/promises";
import { join } from "node:path";

import { Problem } from "#kernel/errors";

import { select } from "../definition/graph.ts";
import type { Stage } from "../definition/stages.ts";
import { targetElsewhere } from "../execution/place.ts";
import { readStanding } from "../explain.ts";
import type { ExplainParts } from "../explain.ts";
import type { StepResult } from "../store/results.ts";
import { listVerifiedStageRows, readVerificationRow, setVerifiedStage } from "../store/verifications.ts";
import type { VerifiedStageRow } from "../store/verifications.ts";
import type { StepVerification, Verification } from "./entities.ts";
import { cachedResult, runAside } from "./run-aside.ts";

export interface Work {
  readonly signal: AbortSignal;
  /** Its own; a folder for each stage is made and removed below it. */
  readonly folder: string;
  /** In the transaction that writes what came of a stage. */
  progressed(): Promise<void>;
}

/**
 * Runs the stages of a verification that are not done yet, one after the other, as they stood at its
 * beginning. The results of all stages before them are looked up anew, because nothing of them was kept.
 */
export async function verifyStages(
  parts: ExplainParts,
  verification: Verification,
  work: Work,
): Promise<void> {
  const { db, ledger } = parts;
  const { id, project, targets } = verification;
  const row = await readVerificationRow(db, id);
  if (row === undefined) return;
  const stored = { codeDigest: row.code_digest, datasetVersions: JSON.parse(row.dataset_versions) };
  const standing = await readStanding(parts, project, targets, stored);
  const chosen = new Map((await listVerifiedStageRows(db, id)).map((stage) => [stage.stage, stage]));
  const found = new Map<string, StepResult>();

  async function verify(stage: Stage, position: number, result: StepResult): Promise<StepVerification> {
    return await runAside(parts, {
      standing,
      stage,
      result,
      found,
      folder: join(work.folder, String(position)),
      key: keyOfStage(id, position),
      signal: work.signal,
      async onStart({ pid, startTicks }) {
        if (!(await setVerifiedStage(db, id, position, { pid, start_ticks: startTicks })))
          throw new Error(`the verification ${id} has ended`);
      },
    });
  }

  const about = { subject: id, project, actor: verification.actor };

  for (const stage of select(standing.graph, targets).stages) {
    work.signal.throwIfAborted();
    const result = await cachedResult(parts, standing, stage);
    if (result !== undefined) {
      found.set(stage.name, result);
      await standing.files.addOuts(result.outs);
    }
    const one = chosen.get(stage.name);
    if (one === undefined || one.state === "done") continue;
    await endOrphan(parts, one);
    await db.transaction(async () => {
      const began = await setVerifiedStage(db, id, one.position, {
        state: "running",
        started_at_ms: parts.clock.nowMs(),
        execution: result?.execution ?? null,
      });
      if (!began) return;
      const data = { stage: stage.name };
      await ledger.append({ kind: "verification.stage_started", ...about, data });
    });
    const came = await withoutRunning(stage, result, async (kept) => await verify(stage, one.position, kept));
    await db.transaction(async () => {
      const { verdict, differing, message } = came;
      const isOpen = await setVerifiedStage(db, id, one.position, {
        state: "done",
        verdict,
        differing: JSON.stringify(differing),
        message,
        pid: null,
        start_ticks: null,
        ended_at_ms: parts.clock.nowMs(),
      });
      if (isOpen) {
        const data = { stage: stage.name, verdict };
        await ledger.append({ kind: "verification.stage_verified", ...about, data });
      }
      await work.progressed();
    });
  }
  await rm(work.folder, { recursive: true, force: true, maxRetries: 3 });
}

/** How a stage that is run again is called among those that wait for resources. */
export function keyOfStage(verification: string, position: number): string {
  return `${verification}/${position}`;
}

/** What can be said without running anything; else what comes of it. */
async function withoutRunning(
  stage: Stage,
  result: StepResult | undefined,
  run: (result: StepResult) => Promise<StepVerification>,
): Promise<StepVerification> {
  const target = targetElsewhere(stage);
  if (target !== undefined)
    return { verdict: "elsewhere", differing: [], message: `It runs on the target "${target}".` };
  if (result === undefined) {
    const message = "It has no result as the project stood.";
    return { verdict: "not_cached", differing: [], message };
  }
  try {
    return await run(result);
  } catch (error) {
    // An environment that cannot be built is the stage's, and says nothing of the next one.
    if (!(error instanceof Problem) || error.kind === "unavailable") throw error;
    return { verdict: "failed", differing: [], message: error.message };
  }
}

/** What a server left running that was killed. */
async function endOrphan({ compute }: ExplainParts, stage: VerifiedStageRow): Promise<void> {
  if (stage.pid === null) return;
  await compute.endOrphan({ pid: stage.pid, startTicks: stage.start_ticks ?? "" });
}
