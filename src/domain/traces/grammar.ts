import { Problem } from "#kernel/errors";
import { linearPattern } from "#kernel/pattern";
import type { Comparator } from "#kernel/search";

import { metadataKeys, tagKeys } from "./entities.ts";
import { problems } from "./problems.ts";

/** What a condition or an ordering looks at. */
export type TraceField =
  | { readonly of: "attribute"; readonly key: AttributeKey }
  | { readonly of: "tag" | "metadata"; readonly key: string }
  | { readonly of: "prompt" }
  | { readonly of: "span"; readonly key: "name" | "type" | "status" | "content" }
  | { readonly of: "span attribute"; readonly key: string }
  | { readonly of: "feedback" | "expectation"; readonly key: string }
  | { readonly of: "issue" };

export type AttributeKey =
  | "request_id"
  | "timestamp_ms"
  | "execution_time_ms"
  | "end_time_ms"
  | "status"
  | "client_request_id"
  | "experiment_id";

export interface TraceCondition {
  readonly field: TraceField;
  readonly comparator: Comparator;
  readonly value: string | number | readonly string[] | null;
}

export interface TraceOrdering {
  readonly field: TraceField;
  readonly descending: boolean;
}

const attributes: Readonly<Record<string, AttributeKey>> = {
  request_id: "request_id",
  trace_id: "request_id",
  timestamp: "timestamp_ms",
  timestamp_ms: "timestamp_ms",
  execution_time: "execution_time_ms",
  execution_time_ms: "execution_time_ms",
  end_time: "end_time_ms",
  end_time_ms: "end_time_ms",
  status: "status",
  client_request_id: "client_request_id",
};

/** Names that read like attributes and are kept elsewhere. */
const elsewhere: Readonly<Record<string, TraceField>> = {
  name: { of: "tag", key: tagKeys.name },
  run_id: { of: "metadata", key: metadataKeys.run },
  prompt: { of: "prompt" },
  text: { of: "span", key: "content" },
};

export function isNumeric(field: TraceField): boolean {
  return field.of === "attribute" && /_ms$|^experiment_id$/.test(field.key);
}

const families: Readonly<Record<string, string>> = {
  attribute: "attribute",
  attributes: "attribute",
  trace: "attribute",
  tag: "tag",
  tags: "tag",
  metadata: "metadata",
  request_metadata: "metadata",
  span: "span",
  feedback: "feedback",
  expectation: "expectation",
  issue: "issue",
};

/** The field that `prefix.key` names. */
export function readField(prefix: string | undefined, key: string): TraceField {
  const family = prefix === undefined ? "attribute" : families[prefix];
  switch (family) {
    case "attribute":
      return readAttribute(key);
    case "tag":
    case "metadata":
    case "feedback":
    case "expectation":
      if (key === "") throw wrong(`Invalid identifier '${prefix}.': the key is missing.`);
      return { of: family, key };
    case "span":
      return readSpanField(key);
    case "issue":
      if (key === "id") return { of: "issue" };
      throw wrong(`Invalid issue attribute '${key}'. Supported attributes: id`);
    default:
      throw wrong(
        `Invalid entity type '${prefix}'. Valid values are '${Object.keys(families).join("', '")}'`,
      );
  }
}

function readAttribute(key: string): TraceField {
  const name = key.toLowerCase();
  const field = elsewhere[name];
  if (field !== undefined && Object.hasOwn(elsewhere, name)) return field;
  const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  if (attribute !== undefined) return { of: "attribute", key: attribute };
  const valid = [...Object.keys(attributes), ...Object.keys(elsewhere)].join("', '");
  throw wrong(`Invalid attribute key '${key}' specified. Valid keys are '${valid}'`);
}

function readSpanField(key: string): TraceField {
  if (key === "name" || key === "type" || key === "status" || key === "content") return { of: "span", key };
  const attribute = /^attributes\.(.*)$/s.exec(key)?.[1];
  if (attribute === undefined)
    throw wrong(
      `Invalid span attribute '${key}'. Supported attributes: name, status, type, attributes.<attribute_name>.`,
    );
  if (attribute === "") throw wrong("Span attribute name cannot be empty after 'attributes.'");
  if (attribute.includes('"')) throw wrong("A span attribute's name must not hold a double quote.");
  return { of: "span attribute", key: attribute };
}

const numeric: readonly Comparator[] = ["=", "!=", "<", "<=", ">", ">="];
const textual: readonly Comparator[] = ["=", "!=", "like", "ilike", "rlike"];
const lists: readonly Comparator[] = ["in", "not in"];
const nulls: readonly Comparator[] = ["is null", "is not null"];

export function checkComparator(field: TraceField, comparator: Comparator): void {
  const allowed = allowedComparators(field);
  if (allowed.includes(comparator)) return;
  const shown = comparator.toUpperCase();
  const valid = allowed.join("', '").toUpperCase();
  if (field.of === "prompt")
    throw wrong(
      `Invalid comparator '${shown}' for prompts filter. Only '=' is supported with format: prompt = "name/version"`,
    );
  const subject =
    field.of === "span"
      ? `span.${field.key}`
      : field.of === "span attribute"
        ? `span.attributes.${field.key}`
        : field.of === "feedback" || field.of === "expectation"
          ? `assessment.${field.key}`
          : field.of === "issue"
            ? "issue.id"
            : undefined;
  throw wrong(
    subject === undefined
      ? `Invalid comparator '${shown}' not one of '${valid}'`
      : `${subject} comparator '${shown}' not one of '${valid}'`,
  );
}

function allowedComparators(field: TraceField): readonly Comparator[] {
  switch (field.of) {
    case "attribute":
      return isNumeric(field) ? numeric : [...textual, ...lists];
    case "tag":
    case "metadata":
      return [...textual, ...nulls];
    case "feedback":
    case "expectation":
      return [...textual, "<", "<=", ">", ">=", ...nulls];
    case "span":
      return field.key === "content" ? ["like", "ilike"] : [...textual, ...lists];
    case "span attribute":
      return [...textual, ...lists];
    case "prompt":
    case "issue":
      return ["="];
  }
}

/** The last look at a condition: what its comparator asks of the value. */
export function checkValue({ field, comparator, value }: TraceCondition): void {
  if (comparator === "rlike") linearPattern(String(value));
  if (field.of === "prompt" && String(value).split("/").length !== 2)
    throw wrong(
      `Invalid prompts filter value '${String(value).slice(0, 200)}'. Expected format: prompt = "name/version"`,
    );
}

export function wrong(message: string): Problem {
  return new Problem(problems.trace_filter_invalid, { message });
}
