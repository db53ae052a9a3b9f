import type { System } from "#main";

import { project } from "./stage.ts";

/** The live quality at three moments, from matured outcomes; nothing here is written down anywhere. */
export interface QualityStory {
  readonly metric: "expected_cost";
  readonly unit: string;
  readonly beforeEvent: Measured | null;
  readonly atWorst: Measured | null;
  readonly afterRetraining: Measured | null;
}

export interface Measured {
  readonly value: number;
  readonly n: number;
  readonly modelVersionId: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Days with fewer outcomes than this say too little to be the worst one. */
const fewestOutcomes = 30;

/**
 * Expected cost per prediction: of the first model until the event, on its worst day after it, and of the
 * version that the retraining made.
 */
export async function measureQuality(system: System, eventAtMs: number): Promise<QualityStory> {
  const releases = (await system.delivery.listReleases(project)).toReversed();
  const firstModel = releases.find((one) => one.requestedBy !== "system" && one.replaces !== null);
  const retrained = releases.find((one) => one.requestedBy === "system" && one.liveAtMs !== null);
  const { decisionRule } = await system.objectives.getCharter(project);
  const windowsOf = async (modelVersionId: string | undefined): Promise<Measured[]> => {
    if (modelVersionId === undefined) return [];
    const windows = await system.monitoring.quality(project, { metric: "expected_cost", modelVersionId });
    return windows.flatMap((window) =>
      window.value === null
        ? []
        : [
            {
              value: window.value,
              n: window.n,
              modelVersionId,
              fromMs: window.startMs,
              untilMs: window.endMs,
            },
          ],
    );
  };
  const first = await windowsOf(firstModel?.modelVersionId);
  const second = await windowsOf(retrained?.modelVersionId);
  const worst = first
    .filter((window) => window.untilMs > eventAtMs && window.n >= fewestOutcomes)
    .toSorted((a, b) => b.value - a.value)[0];
  return {
    metric: "expected_cost",
    unit: `${decisionRule?.costs?.currency ?? ""} per message`,
    beforeEvent: pool(first.filter((window) => window.untilMs <= eventAtMs)),
    atWorst: worst ?? null,
    afterRetraining: pool(second),
  };
}

function pool(windows: readonly Measured[]): Measured | null {
  const [first] = windows;
  const n = windows.reduce((sum, window) => sum + window.n, 0);
  if (first === undefined || n === 0) return null;
  const value = windows.reduce((sum, window) => sum + window.value * window.n, 0) / n;
  return { ...first, value, n, untilMs: windows.at(-1)?.untilMs ?? first.untilMs };
}
