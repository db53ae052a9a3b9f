import { isMap, isScalar, isSeq } from "yaml";
import type { Node } from "yaml";
import { z } from "zod";

import { nearest } from "../nearest.ts";
import { nameOfPath } from "./faults.ts";
import type { YamlFault, YamlPath } from "./faults.ts";
import type { YamlSource } from "./source.ts";

type Issue = z.core.$ZodIssue;

/** Words for what a schema expects, and the keys it knows where it met unknown ones. */
export interface Expectations {
  readonly error: z.core.$ZodErrorMap;
  knownKeys(unknownKeys: readonly string[]): readonly string[];
}

/**
 * Zod tells an error map which schema refused, but not the reader of the issue later: so the known keys
 * are noted here, under the very list of unknown keys that both get to see.
 */
export function expectationsOf(): Expectations {
  const known = new WeakMap<readonly string[], readonly string[]>();
  return {
    error(issue) {
      if (issue.code === "unrecognized_keys" && issue.inst instanceof z.ZodObject) {
        known.set(issue.keys, Object.keys(issue.inst.shape));
      }
      return expectationOf(issue);
    },
    knownKeys: (unknownKeys) => known.get(unknownKeys) ?? [],
  };
}

/** Zod's issues as faults at their places in the file. */
export function faultsOfIssues(
  issues: readonly Issue[],
  source: YamlSource,
  expectations: Expectations,
): readonly YamlFault[] {
  const faults = collectFaults(issues, source, expectations, []);
  // A misspelt key is one mistake, though Zod sees two: one key too many and one that is missing.
  const meant = new Set(
    faults.filter(isMisspelt).map(({ path, suggestion }) => nameOfPath([...path.slice(0, -1), suggestion])),
  );
  return faults.filter(({ path, found }) => found !== "nothing" || !meant.has(nameOfPath(path)));
}

function isMisspelt(fault: YamlFault): fault is YamlFault & { readonly suggestion: string } {
  return fault.suggestion !== undefined && fault.path.at(-1) === fault.found;
}

function collectFaults(
  issues: readonly Issue[],
  source: YamlSource,
  expectations: Expectations,
  above: YamlPath,
): YamlFault[] {
  // A refinement judges a mapping as if its unknown keys were not there: what it misses may just be misspelt.
  const withUnknownKeys = issues
    .filter(({ code }) => code === "unrecognized_keys")
    .map(({ path }) => pathKey(path));
  return issues.flatMap((issue) => {
    if (issue.code === "custom" && withUnknownKeys.includes(pathKey(issue.path))) return [];
    const path = [...above, ...issue.path.map((key) => (typeof key === "symbol" ? String(key) : key))];
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => unknownKeyFault(path, key, expectations.knownKeys(issue.keys), source));
    }
    if (issue.code === "invalid_union") {
      const branch = likelyBranch(issue.errors);
      if (branch !== undefined) return collectFaults(branch, source, expectations, path);
    }
    if (issue.code === "custom") {
      return [{ message: issue.message, position: source.positionOf(path), path }];
    }
    if (issue.code === "invalid_key") return [invalidKeyFault(path, issue.issues[0]?.message, source)];
    return [mismatchFault(path, issue, source)];
  });
}

function pathKey(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
}

function unknownKeyFault(
  path: YamlPath,
  key: string,
  known: readonly string[],
  source: YamlSource,
): YamlFault {
  const suggestion = nearest(key, known);
  const hint =
    suggestion !== undefined
      ? ` Did you mean "${suggestion}"?`
      : known.length > 0
        ? ` Known here: ${known.join(", ")}.`
        : "";
  return {
    message: `Unknown key "${key}" ${placeOf(path)}.${hint}`,
    position: source.keyPositionOf([...path, key]),
    path: [...path, key],
    expected: `one of ${known.join(", ")}`,
    found: key,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function invalidKeyFault(path: YamlPath, expected: string | undefined, source: YamlSource): YamlFault {
  const wanted = expected ?? "another key";
  return {
    message: `The key "${path.at(-1) ?? ""}" ${placeOf(path.slice(0, -1))} must be ${wanted}.`,
    position: source.keyPositionOf(path),
    path,
    expected: wanted,
    found: String(path.at(-1)),
  };
}

function mismatchFault(path: YamlPath, issue: Issue, source: YamlSource): YamlFault {
  const node = source.nodeAt(path);
  const key = path.at(-1);
  const expected = issue.code === "invalid_union" ? expectedByAny(issue.errors) : issue.message;
  if (node === undefined && typeof key === "string") {
    const parent = path.slice(0, -1);
    const message = `"${key}" is missing ${placeOf(parent)}; expected ${expected}.`;
    return { message, position: source.keyPositionOf(parent), path, expected, found: "nothing" };
  }
  const found = describeNode(node);
  const suggestion = suggestedValue(issue, node);
  const advice =
    suggestion !== undefined
      ? ` Did you mean "${suggestion}"?`
      : wantsQuotes(issue, node)
        ? " Put it into quotes."
        : "";
  const subject = path.length === 0 ? "The file" : nameOfPath(path);
  return {
    message: `${subject}: expected ${expected}, found ${found}.${advice}`,
    position: source.positionOf(path),
    path,
    expected,
    found,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/**
 * Of the alternatives of a union, the one the writer was after: one that at least takes a value of this
 * kind. Undefined when none does, or when several fit equally badly.
 */
function likelyBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const sameKind = branches.filter((issues) =>
    issues.every(
      (issue) => issue.path.length > 0 || issue.code === "unrecognized_keys" || issue.code === "custom",
    ),
  );
  const fewest = Math.min(...sameKind.map((issues) => issues.length));
  const best = sameKind.filter((issues) => issues.length === fewest);
  return best.length === 1 ? best[0] : undefined;
}

function expectedByAny(branches: readonly (readonly Issue[])[]): string {
  const expected = branches.map((issues) => issues[0]).filter((issue) => issue !== undefined);
  return [...new Set(expected.map((issue) => issue.message))].join(" or ");
}

function expectationOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeNames[issue.expected] ?? issue.expected;
    case "invalid_value":
      return listValues(issue.values);
    case "too_small":
      return issue.origin === "number" || issue.origin === "int"
        ? `a number ${issue.inclusive === true ? "of at least" : "above"} ${issue.minimum}`
        : issue.origin === "string"
          ? "a text that is not empty"
          : `at least ${issue.minimum} ${issue.minimum === 1 ? "item" : "items"}`;
    case "too_big":
      return issue.origin === "number" || issue.origin === "int"
        ? `a number of at most ${issue.maximum}`
        : issue.origin === "string"
          ? `a text of at most ${issue.maximum} characters`
          : `at most ${issue.maximum} items`;
    case "invalid_format":
      return issue.pattern === undefined
        ? `a text of the form ${issue.format}`
        : `a text that matches ${issue.pattern}`;
    default:
      return "another value";
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a mapping",
  record: "a mapping",
  array: "a list",
  null: "nothing",
};

function listValues(values: readonly z.core.util.Primitive[]): string {
  const words = values.map((value) => (typeof value === "string" ? `"${value}"` : String(value)));
  return words.length === 1 ? words.join("") : `one of ${words.join(", ")}`;
}

function describeNode(node: Node | undefined): string {
  if (isMap(node)) return "a mapping";
  if (isSeq(node)) return "a list";
  if (!isScalar(node) || node.value === null) return "nothing";
  if (typeof node.value === "string") {
    return node.value === ""
      ? "an empty text"
      : `the text "${node.value.length > 60 ? `${node.value.slice(0, 60)}…` : node.value}"`;
  }
  return `${typeof node.value === "boolean" ? "the truth value" : "the number"} ${node.source ?? String(node.value)}`;
}

function suggestedValue(issue: Issue, node: Node | undefined): string | undefined {
  if (!isScalar(node) || typeof node.value !== "string") return undefined;
  const alternatives = issue.code === "invalid_union" ? issue.errors.flat() : [issue];
  const values = alternatives.flatMap((each) => (each.code === "invalid_value" ? each.values : []));
  return nearest(
    node.value,
    values.filter((value) => typeof value === "string"),
  );
}

function wantsQuotes(issue: Issue, node: Node | undefined): boolean {
  return issue.message === typeNames["string"] && isScalar(node) && node.value !== null;
}

function placeOf(path: YamlPath): string {
  return path.length === 0 ? "at the top of the file" : `in ${nameOfPath(path)}`;
}
