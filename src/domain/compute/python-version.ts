import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

interface Clause {
  readonly operator: ">=" | "<=" | ">" | "<" | "==" | "!=" | "~=";
  readonly release: readonly number[];
  readonly wildcard: boolean;
}

/** Clauses that must all hold. */
export type VersionRule = readonly Clause[];

/** Reads `>=3.10`, `>=3.11,<3.14`, `~=3.11`, `==3.12.*`, or `3.12` for any 3.12. Throws `python_version_invalid`. */
export function readVersionRule(text: string): VersionRule {
  return text.split(",").map((part) => {
    const match = /^\s*(>=|<=|>|<|==|!=|~=)?\s*(\d+(?:\.\d+)*)(\.\*)?\s*$/.exec(part);
    if (match === null) {
      throw new Problem(problems.python_version_invalid, {
        message: `"${text}" is no rule for a Python version.`,
        data: { rule: text },
      });
    }
    const operator = operators.find((candidate) => candidate === match[1]);
    const release = (match[2] ?? "").split(".").map(Number);
    return {
      operator: operator ?? "==",
      release,
      wildcard: match[3] !== undefined || operator === undefined,
    };
  });
}

const operators = [">=", "<=", ">", "<", "==", "!=", "~="] as const;

export function satisfies(version: string, rule: VersionRule): boolean {
  const release =
    version
      .split(/[^\d.]/)[0]
      ?.split(".")
      .map(Number) ?? [];
  return rule.every((clause) => satisfiesClause(release, clause));
}

function satisfiesClause(version: readonly number[], { operator, release, wildcard }: Clause): boolean {
  const order = compare(version, release);
  const samePrefix = release.every((part, index) => version[index] === part);
  const equal = wildcard ? samePrefix : order === 0;
  if (operator === "==") return equal;
  if (operator === "!=") return !equal;
  // `~=3.11.2` is at least 3.11.2 and still 3.11.
  if (operator === "~=")
    return order >= 0 && release.slice(0, -1).every((part, index) => version[index] === part);
  if (operator === ">=") return order >= 0;
  if (operator === "<=") return order <= 0;
  return operator === ">" ? order > 0 : order < 0;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
