import { canonicalJson } from "#kernel/digest";

import { decisionRuleOf } from "./decision-rule.ts";
import type { DecisionRule } from "./decision-rule.ts";
import { generateGates } from "./gates.ts";
import type { Gate } from "./gates.ts";
import { generateMonitors } from "./monitors.ts";
import type { Monitor } from "./monitors.ts";
import type { ProjectFile } from "./project-file.ts";
import { retrainingPolicyOf } from "./retraining.ts";
import type { RetrainingPolicy } from "./retraining.ts";
import { rolloutPlansOf } from "./rollout-plan.ts";
import type { RolloutPlan } from "./rollout-plan.ts";

/** Everything that follows from a charter. Nobody types any of it a second time. */
export interface Generated {
  readonly gates: readonly Gate[];
  readonly decisionRule: DecisionRule | null;
  readonly monitors: readonly Monitor[];
  readonly retrainingPolicy: RetrainingPolicy | null;
  readonly rolloutPlans: readonly RolloutPlan[];
}

export function generate(projectFile: ProjectFile): Generated {
  return {
    gates: generateGates(projectFile),
    decisionRule: decisionRuleOf(projectFile),
    monitors: generateMonitors(projectFile),
    retrainingPolicy: retrainingPolicyOf(projectFile),
    rolloutPlans: rolloutPlansOf(projectFile),
  };
}

/**
 * What a new version of a charter changes, by name: sections of the file (`section:model`) and what
 * follows from them (`gate:recall`, `monitor:drift:score`, `decision_rule`, `retraining_policy`,
 * `rollout:production`). Everything is new when there is no version before. A thing that only moved to
 * another line has not changed.
 */
export function changesBetween(before: ProjectFile | null, after: ProjectFile): readonly string[] {
  const old = before === null ? new Map<string, string>() : partsOf(before);
  const now = partsOf(after);
  const names = [...now.keys(), ...[...old.keys()].filter((name) => !now.has(name))];
  return names.filter((name) => old.get(name) !== now.get(name));
}

function partsOf(projectFile: ProjectFile): Map<string, string> {
  const { gates, decisionRule, monitors, retrainingPolicy, rolloutPlans } = generate(projectFile);
  const parts: [string, unknown][] = [
    ...Object.entries(projectFile).map(([section, value]): [string, unknown] => [
      `section:${section}`,
      value,
    ]),
    ...gates.map((gate): [string, unknown] => [`gate:${gate.id}`, gate]),
    ["decision_rule", decisionRule],
    ...monitors.map((monitor): [string, unknown] => [`monitor:${monitor.id}`, monitor]),
    ["retraining_policy", retrainingPolicy],
    ...rolloutPlans.map((plan): [string, unknown] => [`rollout:${plan.environment}`, plan]),
  ];
  const stated = parts.filter(([, value]) => value !== null);
  return new Map(stated.map(([name, value]) => [name, canonicalJson(withoutPositions(value))]));
}

function withoutPositions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPositions);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([key, member]) => key !== "source" || !isPosition(member));
  return Object.fromEntries(members.map(([key, member]) => [key, withoutPositions(member)]));
}

function isPosition(value: unknown): boolean {
  return typeof value === "object" && value !== null && "line" in value && "column" in value;
}
