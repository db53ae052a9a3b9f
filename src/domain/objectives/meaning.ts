import { nearest } from "#kernel/nearest";
import type { YamlFault, YamlFile, YamlPath } from "#kernel/yaml";

import { criteriaOf } from "./criteria.ts";
import type { Criterion } from "./criteria.ts";
import type { WrittenProject } from "./grammar.ts";
import { suitsTask, traitsOf } from "./metrics.ts";
import { percentText } from "./scalars.ts";

/** What no single value shows: parts of a file that contradict each other or lack one another. */
export function contradictionsIn(file: YamlFile<WrittenProject>): readonly YamlFault[] {
  return [...costFaults(file), ...criteriaFaults(file), ...deliveryFaults(file), ...retrainFaults(file)];
}

function costFaults(file: YamlFile<WrittenProject>): YamlFault[] {
  const objective = file.value.objective;
  if (objective?.costs === undefined) return [];
  const at: YamlPath = ["objective", "costs"];
  if (objective.task === "regression") {
    return [
      faultAt(
        file,
        at,
        "False negatives and false positives have costs in a classification, not in a regression.",
      ),
    ];
  }
  const faults: YamlFault[] = [];
  if (objective.positive === undefined) {
    faults.push(
      faultAt(file, at, 'Costs need to know which class is the positive one: add "positive" to objective.'),
    );
  }
  if (objective.costs.false_negative + objective.costs.false_positive === 0) {
    faults.push(faultAt(file, at, "Both errors cost nothing, so no decision could be better than another."));
  }
  return faults;
}

function criteriaFaults(file: YamlFile<WrittenProject>): YamlFault[] {
  const criteria = criteriaOf(file);
  return criteria.flatMap((criterion, index) => {
    const at: YamlPath = ["objective", "ready_when", index, criterion.metric];
    const first = criteria.findIndex((other) => other.id === criterion.id);
    const messages = [...lackOf(file.value, criterion), ...nonsenseIn(criterion)];
    if (first < index) {
      messages.push(`${criterion.id} has a criterion already, in line ${criteria[first]?.source.line ?? 0}.`);
    }
    return messages.map((message) => faultAt(file, at, message));
  });
}

function lackOf({ objective }: WrittenProject, { metric, requirement, forEach }: Criterion): string[] {
  if (objective === undefined) return [];
  const { task, positive, costs, baseline } = objective;
  const lacking: string[] = [];
  if (!suitsTask(metric, task)) lacking.push(`${metric} is no metric of a ${task}.`);
  else if (metric === "expected_cost" && costs === undefined) {
    lacking.push("expected_cost follows from what errors cost: add objective.costs.");
  } else if (needsPositive.has(metric) && positive === undefined) {
    lacking.push(`${metric} needs to know which class is the positive one: add "positive" to objective.`);
  }
  if (requirement.kind === "better_than" && traitsOf(metric).from !== "load" && baseline === undefined) {
    lacking.push("There is no baseline to be better than: add objective.baseline.");
  }
  if (forEach !== null && traitsOf(metric).from === "load") {
    lacking.push(`${metric} is measured by a load test, which has no groups of ${forEach}.`);
  }
  return lacking;
}

const needsPositive: ReadonlySet<string> = new Set(["recall", "precision", "f1", "roc_auc"]);

function nonsenseIn({ metric, requirement }: Criterion): string[] {
  const { better, unit } = traitsOf(metric);
  if (requirement.kind === "better_than") return [];
  const { comparison, threshold } = requirement;
  const asksForMore = comparison.startsWith(">");
  if (asksForMore !== (better === "higher")) {
    const sign = better === "higher" ? ">=" : "<=";
    return [`${metric} is better when it is ${better}: write "${sign} ${threshold}".`];
  }
  if (unit === "share" && threshold > 1) {
    return [
      `${metric} lies between 0 and 1: write "${comparison} ${percentText(threshold / 100)}" for ${threshold} percent.`,
    ];
  }
  if (unit !== "none" && threshold < 0) return [`${metric} is never below 0.`];
  return [];
}

function deliveryFaults(file: YamlFile<WrittenProject>): YamlFault[] {
  const { environments = ["production"], approve = {}, rollout = [] } = file.value.delivery ?? {};
  const faults = Object.keys(approve)
    .filter((name) => !environments.includes(name))
    .map((name): YamlFault => {
      const suggestion = nearest(name, environments);
      const hint =
        suggestion === undefined ? `Known: ${environments.join(", ")}.` : `Did you mean "${suggestion}"?`;
      const path: YamlPath = ["delivery", "approve", name];
      const message = `There is no environment "${name}" to approve releases for. ${hint}`;
      return {
        message,
        path,
        position: file.keyPositionOf(path),
        ...(suggestion === undefined ? {} : { suggestion }),
      };
    });
  for (const [index, step] of rollout.entries()) {
    const at: YamlPath = ["delivery", "rollout", index];
    const isLast = index === rollout.length - 1;
    if (isLast && step.all === undefined)
      faults.push(faultAt(file, at, "A rollout ends with { all: true }."));
    if (!isLast && step.all !== undefined)
      faults.push(faultAt(file, at, "Nothing can follow { all: true }."));
    const before = Math.max(0, ...rollout.slice(0, index).map((earlier) => earlier.canary ?? 0));
    if (step.canary !== undefined && step.canary <= before) {
      faults.push(
        faultAt(
          file,
          at,
          `A canary grows: this one has to be larger than the ${percentText(before)} before it.`,
        ),
      );
    }
    if (step.shadow !== undefined && before > 0) {
      faults.push(faultAt(file, at, "A shadow comes before the first canary."));
    }
  }
  return faults;
}

function retrainFaults(file: YamlFile<WrittenProject>): YamlFault[] {
  const triggers = file.value.retrain?.when.any ?? [];
  const index = triggers.indexOf("performance");
  const isJudgedLive = criteriaOf(file).some(
    ({ metric }) => traitsOf(metric).live && traitsOf(metric).from !== "load",
  );
  if (index < 0 || isJudgedLive) return [];
  const message =
    "No criterion under objective.ready_when can be judged on live outcomes, so performance never falls.";
  return [faultAt(file, ["retrain", "when", "any", index], message)];
}

function faultAt(file: YamlFile<WrittenProject>, path: YamlPath, message: string): YamlFault {
  const position = typeof path.at(-1) === "string" ? file.keyPositionOf(path) : file.positionOf(path);
  return { message, path, position };
}
