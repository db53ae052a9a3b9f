import { placeOf } from "./assign.ts";
import type { Answered } from "./predict.ts";
import type { Row } from "#registry/runtimes";
import type { ServedRoute, Variant } from "#serving/routing";

/** One line of the prediction log; `inputs` and `scores` are JSON text, so that every project has the same columns. */
export interface PredictionRecord {
  readonly prediction_id: string;
  readonly at_ms: number;
  readonly project: string;
  readonly deployment: string;
  readonly release: string;
  readonly model_version: string;
  readonly role: string;
  readonly unit: string;
  readonly inputs: string;
  readonly label: string;
  readonly score: number;
  readonly scores: string;
  readonly decision: number;
  readonly threshold: number | null;
  readonly latency_ms: number;
  readonly request_id: string;
  readonly request_row: number;
}

export interface Recorded {
  readonly route: ServedRoute;
  readonly variant: Variant;
  readonly requestId: string;
  readonly unit: string;
  readonly rows: readonly Row[];
  readonly answer: Answered;
  /** Which of the rows. */
  readonly row: number;
  readonly atMs: number;
  readonly latencyMs: number;
}

export function recordOf(of: Recorded): PredictionRecord {
  const { route, variant, answer } = of;
  return {
    prediction_id: answer.predictionId,
    at_ms: of.atMs,
    project: route.project,
    deployment: route.deployment,
    release: variant.releaseId,
    model_version: variant.modelVersionId,
    role: variant.role,
    unit: loggedUnit(route, of.unit),
    inputs: JSON.stringify(withoutDropped(of.rows[of.row] ?? {}, route.log.drop)),
    label: answer.scored.label,
    score: answer.score,
    scores: JSON.stringify(answer.scored.probabilities),
    decision: answer.decision ? 1 : 0,
    threshold: variant.threshold,
    latency_ms: of.latencyMs,
    request_id: of.requestId,
    request_row: of.row,
  };
}

function withoutDropped(row: Row, drop: readonly string[]): Row {
  if (drop.length === 0) return row;
  return Object.fromEntries(Object.entries(row).filter(([name]) => !drop.includes(name)));
}

/** A unit whose column is not to be kept is kept as a pseudonym, which still tells one unit from another. */
function loggedUnit({ unit, log, deployment }: ServedRoute, value: string): string {
  const isDropped = unit !== null && log.drop.includes(unit);
  return isDropped ? placeOf(`${deployment}\n${value}`).toString(36).slice(2) : value;
}
