import type { SourcePosition } from "#kernel/errors";
import type { YamlFile } from "#kernel/yaml";

import type { WrittenCriterion, WrittenProject } from "./grammar.ts";
import { metrics } from "./metrics.ts";
import type { Metric } from "./metrics.ts";
import type { Comparison } from "./scalars.ts";

/** What a metric must reach: a number, or more than the rule without machine learning reaches. */
export type Requirement =
  | { readonly kind: "threshold"; readonly comparison: Comparison; readonly threshold: number }
  | { readonly kind: "better_than"; readonly betterThan: "baseline"; readonly byShare: number };

/** One line of `ready_when`. */
export interface Criterion {
  /** `recall:for_each:airline`: the same as long as metric and column are. */
  readonly id: string;
  readonly metric: Metric;
  readonly requirement: Requirement;
  /** The column whose every value must meet the requirement; null for the whole. */
  readonly forEach: string | null;
  /** Where it stands in the project file. */
  readonly source: SourcePosition;
}

const metricNames = Object.keys(metrics).filter((name): name is Metric => Object.hasOwn(metrics, name));

/** The criteria of a file that the grammar has accepted. */
export function criteriaOf(file: YamlFile<WrittenProject>): readonly Criterion[] {
  return (file.value.objective?.ready_when ?? []).flatMap((written, index) => {
    const metric = metricNames.find((name) => written[name] !== undefined);
    if (metric === undefined) return [];
    const forEach = written.for_each ?? null;
    return {
      id: forEach === null ? metric : `${metric}:for_each:${forEach}`,
      metric,
      requirement: requirementOf(written[metric]),
      forEach,
      source: file.keyPositionOf(["objective", "ready_when", index, metric]),
    };
  });
}

function requirementOf(written: WrittenCriterion[Metric]): Requirement {
  if (written === undefined || "better_than" in written) {
    return { kind: "better_than", betterThan: "baseline", byShare: written?.by ?? 0 };
  }
  return { kind: "threshold", ...written };
}
