import type { Digest } from "#kernel/digest";
import { Problem } from "#kernel/errors";

import { readParameterFile } from "../definition/parameter-files.ts";
import { judge, operandsOf } from "../definition/condition.ts";
import type { Judgement, Operand } from "../definition/condition.ts";
import { projectFolderPath } from "../definition/paths.ts";
import type { Stage } from "../definition/stages.ts";
import { select, toJson } from "../definition/values.ts";
import type { Failure, KeyParts, StepOut } from "../entities.ts";
import { problems } from "../problems.ts";
import { insertQuestion, readApproval } from "../store/approvals.ts";
import { dropResult, findLastResults, findResults, listResults, saveResult } from "../store/results.ts";
import type { StepResult } from "../store/results.ts";
import { saveSteps } from "../store/steps.ts";
import { announce, announceAll } from "./announce.ts";
import { cacheKeyOf, readKeyParts } from "./cache-key.ts";
import type { KeySurroundings } from "./cache-key.ts";
import { decide } from "./decide.ts";
import { failure, failureOf, inputMissing } from "./failures.ts";
import type { ExecutionParts, OpenExecution, OpenStep } from "./parts.ts";
import { resourcesHere } from "./place.ts";
import type { Verdict } from "./schedule.ts";

/** Why a step runs, with what it will be kept under. */
export interface Reason {
  readonly keyParts: KeyParts;
  readonly cacheKey: Digest;
  readonly reason: string;
  readonly last: StepResult | undefined;
  readonly readyAtMs: number;
}

interface Taken {
  readonly step: OpenStep;
  readonly keyParts: KeyParts;
  readonly cacheKey: Digest;
  readonly result: StepResult;
  readonly outs: readonly StepOut[];
  readonly reason: string;
}

export interface Decider {
  decide(places: readonly number[]): Promise<readonly Verdict[]>;
  /** Writes the steps that took over earlier results, in one transaction. */
  flush(): Promise<void>;
  /** Why the step runs: for one whose verdict was `runs`. */
  reasonFor(place: number): Reason;
}

// How far back `why` looks for the result that differs least.
export const comparedResults = 50;

/**
 * Decides what becomes of steps whose inputs are there. Many at once share their questions to the
 * database, and those with earlier results are written together: an execution in which nothing changed
 * costs a few transactions, however many steps it has.
 */
export function createDecider(parts: ExecutionParts, execution: OpenExecution): Decider {
  const { db } = parts;
  const taken: Taken[] = [];
  const reasons = new Map<number, Reason>();
  const results = createLastResults(parts, execution);

  async function decidePlaces(places: readonly number[]): Promise<readonly Verdict[]> {
    const steps = places.map((place) => execution.steps.get(place));
    const read = await Promise.all(steps.map(async (step) => await readStep(execution, step)));
    const last = new Map<string, StepResult | undefined>();
    for (const step of steps) last.set(step.stage.name, await results.lastOf(step));
    // What the last result has the key of needs no further question.
    const keys = read.flatMap((one, index) =>
      "cacheKey" in one && last.get(steps[index]?.stage.name ?? "")?.cacheKey !== one.cacheKey
        ? [one.cacheKey]
        : [],
    );
    const same = new Map(await findResults(db, execution.project, keys));
    for (const result of await parts.shared.find(
      execution.project,
      keys.filter((key) => !same.has(key)),
    )) {
      // From now on it is known here as well.
      await saveResult(db, result);
      same.set(result.cacheKey, result);
    }
    const verdicts: Verdict[] = [];
    for (const [index, step] of steps.entries()) {
      const one = read[index];
      if (one === undefined) continue;
      verdicts.push(await settle(step, one, same, last.get(step.stage.name)));
    }
    return verdicts;
  }

  async function settle(
    step: OpenStep,
    read: ReadStep,
    same: ReadonlyMap<Digest, StepResult>,
    last: StepResult | undefined,
  ): Promise<Verdict> {
    if ("failure" in read) return await fail(step, read.failure);
    if ("skipped" in read) return await skip(step, read.skipped);
    const { stage } = step;
    const { keyParts, cacheKey } = read;
    if (step.takenOver !== undefined) {
      const reason = "It is taken over where an earlier server left it running.";
      reasons.set(step.position, { keyParts, cacheKey, reason, last, readyAtMs: parts.clock.nowMs() });
      return "runs";
    }
    const decision = await decide({
      stage,
      parts: keyParts,
      cacheKey,
      same: last?.cacheKey === cacheKey ? last : same.get(cacheKey),
      last,
      check: parts.verified.check,
      earlier: async () => await listResults(db, execution.project, stage.name, comparedResults),
    });
    if (decision.verdict === "cached") {
      await take(step, { keyParts, cacheKey, result: decision.result, reason: decision.sentence });
      return "done";
    }
    if (decision.dropped !== undefined) await dropResult(db, execution.project, decision.dropped);
    const tooMuch = parts.pool.exceeds(resourcesHere(stage));
    if (tooMuch !== undefined) {
      const message = `The stage "${stage.name}" asks for ${tooMuch}.`;
      return await fail(step, failure(problems.resources_exceeded, message));
    }
    const approval = await approve(step);
    if (approval !== "approved") return approval;
    reasons.set(step.position, {
      keyParts,
      cacheKey,
      reason: decision.sentence,
      last,
      readyAtMs: parts.clock.nowMs(),
    });
    return "runs";
  }

  async function take(step: OpenStep, known: Omit<Taken, "step" | "outs">): Promise<void> {
    const kinds = new Map(step.stage.outs.map((out) => [out.path, out.kind]));
    const outs = known.result.outs.map((out) => ({ ...out, kind: kinds.get(out.path) ?? out.kind }));
    await execution.workspace.addOuts(step.position, outs);
    execution.steps.setMetrics(step.stage.name, known.result.metrics);
    execution.steps.change(step.position, { state: "cached" });
    taken.push({ step, outs, ...known });
  }

  async function flush(): Promise<void> {
    if (taken.length === 0) return;
    const written = taken.splice(0);
    await execution.write(async () => {
      const nowMs = parts.clock.nowMs();
      await saveSteps(
        db,
        written.map(({ step, keyParts, cacheKey, result, outs, reason }) => [
          step,
          {
            state: "cached",
            reason,
            attempt: step.attempt,
            cacheKey,
            keyParts,
            runId: result.runId,
            outs,
            metrics: result.metrics,
            readyAtMs: nowMs,
            startedAtMs: nowMs,
            endedAtMs: nowMs,
          },
        ]),
      );
      await announceAll(
        parts,
        execution,
        written.map(({ step, reason }) => [step, { state: "cached", durationMs: 0, reason }]),
      );
    });
  }

  async function fail(step: OpenStep, why: Failure): Promise<Verdict> {
    await end(step, { state: "failed", reason: why.message, failure: why });
    return "failed";
  }

  async function skip(step: OpenStep, reason: string): Promise<Verdict> {
    await end(step, { state: "skipped", reason, failure: null });
    return "skipped";
  }

  async function end(
    step: OpenStep,
    how: { readonly state: "failed" | "skipped"; readonly reason: string; readonly failure: Failure | null },
  ): Promise<void> {
    const nowMs = parts.clock.nowMs();
    await execution.write(async () => {
      const facts = { ...how, attempt: step.attempt, readyAtMs: nowMs, endedAtMs: nowMs };
      await saveSteps(db, [[step, facts]]);
      await announce(parts, execution, step, { state: how.state, durationMs: 0, reason: how.reason });
    });
    execution.steps.change(step.position, { state: how.state });
  }

  /** Asks the question of the stage, once; what a person has answered already counts. */
  async function approve(step: OpenStep): Promise<Verdict | "approved"> {
    const question = step.stage.settings.approve;
    if (question === null) return "approved";
    const asked = await readApproval(db, step.id);
    if (asked?.answer === "approved") return "approved";
    if (asked?.answer === "declined") {
      const note = asked.note === null ? "" : `: ${asked.note}`;
      const message = `The stage "${step.stage.name}" was declined by ${asked.actor ?? "somebody"}${note}.`;
      return await fail(step, failure(problems.approval_declined, message));
    }
    if (asked === undefined) {
      await execution.write(async () => {
        const { id, stage } = step;
        const place = { step: id, execution: execution.id, project: execution.project, stage: stage.name };
        await insertQuestion(db, { ...place, question, asked_at_ms: parts.clock.nowMs() });
        await parts.ledger.append({
          kind: "approval.requested",
          subject: id,
          project: execution.project,
          actor: execution.actor,
          data: { execution: execution.id, stage: stage.name, question },
        });
      });
    }
    return "parked";
  }

  return {
    decide: decidePlaces,
    flush,
    reasonFor(place) {
      const reason = reasons.get(place);
      if (reason === undefined) throw new Error(`the step at ${place} was not decided`);
      return reason;
    },
  };
}

const lookedUpAtOnce = 500;

/**
 * The newest result of each stage, asked for many stages at a time: those that come next in the plan are
 * decided next. A stage that goes on from its last outs is asked for by itself, when it is its turn.
 */
function createLastResults({ db }: ExecutionParts, execution: OpenExecution) {
  const known = new Map<string, StepResult | undefined>();
  return {
    async lastOf({ stage, position }: OpenStep): Promise<StepResult | undefined> {
      if (stage.outs.some((out) => out.persist))
        return (await findLastResults(db, execution.project, [stage.name])).get(stage.name);
      if (known.has(stage.name)) {
        const result = known.get(stage.name);
        known.delete(stage.name);
        return result;
      }
      const names = execution.plan.steps
        .slice(position, position + lookedUpAtOnce)
        .map((step) => step.stage.name);
      const found = await findLastResults(db, execution.project, names);
      for (const name of names) known.set(name, found.get(name));
      return found.get(stage.name);
    },
  };
}

type ReadStep =
  | { readonly keyParts: KeyParts; readonly cacheKey: Digest }
  | { readonly failure: Failure }
  | { readonly skipped: string };

async function readStep(execution: OpenExecution, { stage, takenOver }: OpenStep): Promise<ReadStep> {
  if (takenOver !== undefined) return takenOver;
  const condition = await judgeCondition(execution, stage);
  if ("missing" in condition) {
    const message = `The condition of the stage "${stage.name}" needs ${condition.missing}, which is not there.`;
    return { failure: failure(problems.input_missing, message) };
  }
  if (!condition.holds) return { skipped: `Its condition does not hold: ${condition.because}.` };
  const surroundings = await surroundingsOf(execution, stage);
  if ("failure" in surroundings) return surroundings;
  const keyParts = await readKeyParts(stage, surroundings, execution.workspace);
  if ("missing" in keyParts) return { failure: inputMissing(stage, keyParts.missing) };
  return { keyParts, cacheKey: cacheKeyOf(keyParts) };
}

async function surroundingsOf(
  execution: OpenExecution,
  stage: Stage,
): Promise<KeySurroundings | { readonly failure: Failure }> {
  try {
    return await execution.surroundings(stage);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { failure: failureOf(error) };
  }
}

async function judgeCondition(
  execution: OpenExecution,
  stage: Stage,
): Promise<Judgement | { readonly missing: string }> {
  const condition = stage.settings.when?.condition;
  if (condition === undefined) return { holds: true, because: "" };
  const values = new Map<Operand, unknown>();
  for (const operand of operandsOf(condition)) {
    if (operand.kind === "metric")
      values.set(operand, execution.steps.metricsOf(operand.stage)?.[operand.key]);
    if (operand.kind !== "parameter") continue;
    const file = projectFolderPath(operand.file, stage.wdir);
    const text = await execution.workspace.readText(file);
    const value = text === undefined ? undefined : select(readParameterFile(file, text), operand.key);
    values.set(operand, value === undefined ? undefined : toJson(value));
  }
  return judge(condition, (operand) => values.get(operand));
}
