import { z } from "zod";

import type { Arm, PairCell, RolloutEvidence } from "./guardrail.ts";
import type { LogSources } from "./outcome-log.ts";
import { slowMs } from "./plan.ts";
import type { MonitoringPlan } from "./plan.ts";
import type { TrafficPort, WatchedRelease } from "./ports.ts";
import { judgedSql } from "./window-query.ts";

export interface RolloutQuestion {
  readonly sources: LogSources;
  readonly traffic: TrafficPort | undefined;
  readonly project: string;
  readonly plan: MonitoringPlan;
  readonly candidate: Pick<WatchedRelease, "id">;
  readonly live: Pick<WatchedRelease, "id">;
  readonly step: "shadow" | "canary";
  readonly sinceMs: number;
  readonly nowMs: number;
}

/** What candidate and live version have shown since the step began, from the log and the gateway's counts. */
export async function readRolloutEvidence(question: RolloutQuestion): Promise<RolloutEvidence> {
  const { sources, project, plan, candidate, live, step, sinceMs, nowMs } = question;
  const judged = await judgedSql(sources, { plan, fromMs: sinceMs, untilMs: nowMs });
  const parameters = [project, plan.positive, candidate.id, live.id];
  const arms = await sources.analyst.rows(
    `with ${judged}
     select case when release = $3 then 'candidate' else 'live' end as arm, count(*) as predictions,
       count(*) filter (decision = 1 and value = $2) as true_positive,
       count(*) filter (decision = 1 and value <> $2) as false_positive,
       count(*) filter (decision = 0 and value = $2) as false_negative,
       count(*) filter (decision = 0 and value <> $2) as true_negative,
       sum(latency_ms) as latency, sum(latency_ms * latency_ms) as latency_squares,
       count(*) filter (latency_ms > ${slowMs(plan) ?? Number.MAX_VALUE}) as slow
     from judged where (release = $3 and role = '${step}') or (release = $4 and part = 'answered') group by 1`,
    parameters,
    armSchema,
  );
  const pairs = step === "canary" ? [] : await readPairs(question, judged, parameters);
  const requests = await readRequests(question);
  const armOf = (name: "candidate" | "live"): Arm =>
    toArm(
      arms.find(({ arm }) => arm === name),
      requests[name],
    );
  return { step, candidate: armOf("candidate"), live: armOf("live"), pairs };
}

async function readPairs(
  { sources }: RolloutQuestion,
  judged: string,
  parameters: readonly string[],
): Promise<PairCell[]> {
  const rows = await sources.analyst.rows(
    `with ${judged}
     select shadow.decision = 1 as candidate_decision, answer.decision = 1 as live_decision,
       answer.value = $2 as is_positive, count(*) as count
     from judged shadow
     join judged answer on answer.part = 'answered' and answer.release = $4
       and answer.request_id = shadow.request_id and answer.request_row = shadow.request_row
     where shadow.part = 'shadow' and shadow.release = $3 group by 1, 2, 3`,
    parameters,
    z.object({
      candidate_decision: z.boolean(),
      live_decision: z.boolean(),
      is_positive: z.boolean().nullable(),
      count: z.number(),
    }),
  );
  return rows.map((row) => ({
    candidateDecision: row.candidate_decision,
    liveDecision: row.live_decision,
    isPositive: row.is_positive,
    count: row.count,
  }));
}

async function readRequests({
  traffic,
  project,
  candidate,
  live,
}: RolloutQuestion): Promise<Record<"candidate" | "live", Arm["requests"]>> {
  const deployments = (await traffic?.listDeployments(project)) ?? [];
  const countsOf = (releaseId: string): Arm["requests"] => {
    const variant = deployments
      .flatMap(({ variants }) => variants)
      .find((one) => one.releaseId === releaseId);
    return variant === undefined ? null : { n: variant.requests + variant.errors, errors: variant.errors };
  };
  return { candidate: countsOf(candidate.id), live: countsOf(live.id) };
}

const armSchema = z.object({
  arm: z.string(),
  predictions: z.number(),
  true_positive: z.number(),
  false_positive: z.number(),
  false_negative: z.number(),
  true_negative: z.number(),
  latency: z.number().nullable(),
  latency_squares: z.number().nullable(),
  slow: z.number(),
});

function toArm(row: z.infer<typeof armSchema> | undefined, requests: Arm["requests"]): Arm {
  const predictions = row?.predictions ?? 0;
  return {
    predictions,
    truePositive: row?.true_positive ?? 0,
    falsePositive: row?.false_positive ?? 0,
    falseNegative: row?.false_negative ?? 0,
    trueNegative: row?.true_negative ?? 0,
    latencyMs: { n: predictions, sum: row?.latency ?? 0, sumSquares: row?.latency_squares ?? 0 },
    slow: row?.slow ?? 0,
    requests,
  };
}
