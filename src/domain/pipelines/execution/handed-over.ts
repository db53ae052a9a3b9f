import type { ComputeTarget, WorkHandle } from "#compute";

import type { Stage } from "../entities.ts";
import type { ExecutionParts } from "./parts.ts";
import { targetElsewhere } from "./place.ts";

/** A run is one piece of work, however many servers look after it: the work reports into that run. */
export function keyOfWork(step: string, runId: string): string {
  return `${step}/${runId}`;
}

export interface HandedOver {
  readonly target: ComputeTarget;
  readonly handle: WorkHandle;
}

/**
 * The work of a step's run at its target, also when it has ended meanwhile: a server that comes back takes its
 * end over, and begins nothing a second time. Undefined for a step that runs here, or was not handed over.
 */
export async function findHandedOver(
  { targets }: Pick<ExecutionParts, "targets">,
  step: { readonly id: string; readonly stage: Stage; readonly runId?: string | null | undefined },
): Promise<HandedOver | undefined> {
  const name = targetElsewhere(step.stage);
  const target = targets.all().find((one) => one.name === name);
  if (target === undefined || step.runId === null || step.runId === undefined) return undefined;
  const handle = await target.find(keyOfWork(step.id, step.runId));
  return handle === undefined ? undefined : { target, handle };
}
