import type { AppendLog } from "#kernel/append-log";
import type { Clock } from "#kernel/clock";
import type { Ledger } from "#kernel/events";

import type { MonitoringCommands, NewOutcome, RecordedOutcomes } from "./commands.ts";
import { lastSequence, readObservations, readPredictionTimes } from "./outcome-log.ts";
import type { KnownOutcome, LogSources, OutcomeRecord } from "./outcome-log.ts";
import { markChanged } from "./store.ts";

export interface OutcomeParts {
  readonly sources: LogSources;
  readonly log: Pick<AppendLog, "append">;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Called in the transaction that says that windows may have changed. */
  changed(project: string, revision: number): Promise<void>;
}

/**
 * Takes outcomes one batch after the other, because what is new depends on what is known. First the log,
 * durably, then the ledger. A server that dies in between has answered nobody, so the batch comes again:
 * then all of it is known already, and its windows are counted anew all the same.
 */
export function createOutcomes(parts: OutcomeParts): Pick<MonitoringCommands, "recordOutcomes"> {
  const { sources, log, ledger, clock } = parts;
  let turn: Promise<unknown> = Promise.resolve();
  let sequence: number | undefined;

  async function record(
    order: Parameters<MonitoringCommands["recordOutcomes"]>[0],
  ): Promise<RecordedOutcomes> {
    const { project, outcomes, actor } = order;
    if (outcomes.length === 0) return { accepted: 0, corrected: 0, repeated: 0, unknown: 0 };
    const ids = [...new Set(outcomes.map(({ predictionId }) => predictionId))];
    const times = await readPredictionTimes(sources, project, ids);
    const sorted = sortOut(outcomes, await readObservations(sources, project, ids), times);

    let next = sequence ?? (await lastSequence(sources));
    const receivedAtMs = clock.nowMs();
    const records = sorted.kept.map((outcome): OutcomeRecord => ({
      prediction_id: outcome.predictionId,
      project,
      value: outcome.value,
      observed_at_ms: outcome.observedAtMs,
      received_at_ms: receivedAtMs,
      sequence: ++next,
      actor,
    }));
    sequence = next;
    await Promise.all(records.map((one) => log.append(one)));
    if (records.length > 0) await announce(project, actor, sorted);
    else await countAgain(project, [...times.values()]);
    return sorted.counts;
  }

  async function countAgain(project: string, timesMs: readonly number[]): Promise<void> {
    if (timesMs.length === 0) return;
    await sources.db.transaction(async () => {
      await parts.changed(project, await markChanged(sources.db, project, Math.min(...timesMs)));
    });
  }

  async function announce(project: string, actor: string, sorted: SortedOutcomes): Promise<void> {
    const { accepted, corrected, unknown } = sorted.counts;
    const { fromMs, untilMs } = sorted;
    await sources.db.transaction(async () => {
      const revision = await markChanged(sources.db, project, fromMs);
      await ledger.append({
        kind: "outcomes.recorded",
        subject: project,
        project,
        actor,
        data: { count: accepted + corrected, corrected, unknown, fromMs, untilMs },
      });
      await parts.changed(project, revision);
    });
  }

  return {
    recordOutcomes(order) {
      const recorded = turn.then(() => record(order));
      turn = recorded.catch(() => {});
      return recorded;
    },
  };
}

export interface SortedOutcomes {
  readonly counts: RecordedOutcomes;
  /** What is to be written: everything but observations that are known already. */
  readonly kept: readonly NewOutcome[];
  /** When the predictions were made whose outcome is new or another one. */
  readonly fromMs: number | null;
  readonly untilMs: number | null;
}

/** Decides what each outcome of a batch is, in its order. Pure. */
export function sortOut(
  outcomes: readonly NewOutcome[],
  known: ReadonlyMap<string, readonly Pick<KnownOutcome, "value" | "observedAtMs">[]>,
  predictionTimesMs: ReadonlyMap<string, number>,
): SortedOutcomes {
  const counts = { accepted: 0, corrected: 0, repeated: 0, unknown: 0 };
  const kept: NewOutcome[] = [];
  const changedTimesMs: number[] = [];
  const histories = new Map([...known].map(([id, observations]) => [id, [...observations]]));

  for (const outcome of outcomes) {
    const history = histories.get(outcome.predictionId) ?? [];
    histories.set(outcome.predictionId, history);
    if (history.some((one) => one.value === outcome.value && one.observedAtMs === outcome.observedAtMs)) {
      counts.repeated++;
      continue;
    }
    const before = latest(history);
    history.push(outcome);
    kept.push(outcome);
    const madeAtMs = predictionTimesMs.get(outcome.predictionId);
    if (madeAtMs === undefined) counts.unknown++;
    else if (before === undefined) counts.accepted++;
    else if (latest(history)?.value === before.value) counts.repeated++;
    else counts.corrected++;
    if (madeAtMs !== undefined && latest(history)?.value !== before?.value) changedTimesMs.push(madeAtMs);
  }
  const fromMs = changedTimesMs.length === 0 ? null : Math.min(...changedTimesMs);
  const untilMs = changedTimesMs.length === 0 ? null : Math.max(...changedTimesMs);
  return { counts, kept, fromMs, untilMs };
}

/** The one observed last; of several at the same time, the one that came last. */
function latest<One extends Pick<KnownOutcome, "observedAtMs">>(history: readonly One[]): One | undefined {
  return history.reduce<One | undefined>(
    (best, one) => (best === undefined || one.observedAtMs >= best.observedAtMs ? one : best),
    undefined,
  );
}
