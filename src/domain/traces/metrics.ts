import { tokenize } from "#tracking";

import { wrong } from "./grammar.ts";

export type MetricView = "TRACES" | "SPANS" | "ASSESSMENTS";

export type Aggregation =
  | { readonly kind: "COUNT" | "SUM" | "AVG" | "MIN" | "MAX" }
  | { readonly kind: "PERCENTILE"; readonly percentile: number };

export interface MetricQuery {
  readonly view: MetricView;
  readonly metric: string;
  readonly aggregations: readonly Aggregation[];
  readonly dimensions: readonly string[];
  readonly filters: readonly MetricFilter[];
  readonly bucketMs: number | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly limit: number;
}

export type MetricFilter =
  | { readonly on: "trace.tag" | "trace.metadata"; readonly key: string; readonly value: string }
  | {
      readonly on:
        | "trace.status"
        | "span.name"
        | "span.status"
        | "span.type"
        | "assessment.name"
        | "assessment.type";
      readonly value: string;
    };

interface Offer {
  readonly aggregations: readonly Aggregation["kind"][];
  readonly dimensions: readonly string[];
}

const counted: readonly Aggregation["kind"][] = ["COUNT"];
const averaged: readonly Aggregation["kind"][] = ["AVG", "PERCENTILE", "MIN", "MAX"];
const summed: readonly Aggregation["kind"][] = ["SUM", ...averaged];
const ofTokens: Offer = { aggregations: summed, dimensions: ["trace_name"] };
const models = ["span_model_name", "span_model_provider"];
const ofCosts: Offer = { aggregations: summed, dimensions: models };

/** What can be asked about each view. */
const offers: Readonly<Record<MetricView, Readonly<Record<string, Offer>>>> = {
  TRACES: {
    trace_count: { aggregations: counted, dimensions: ["trace_name", "trace_status"] },
    latency: { aggregations: averaged, dimensions: ["trace_name"] },
    input_tokens: ofTokens,
    output_tokens: ofTokens,
    total_tokens: ofTokens,
    cache_read_input_tokens: ofTokens,
    cache_creation_input_tokens: ofTokens,
  },
  SPANS: {
    span_count: { aggregations: counted, dimensions: ["span_name", "span_type", "span_status", ...models] },
    latency: { aggregations: averaged, dimensions: ["span_name", "span_status"] },
    input_cost: ofCosts,
    output_cost: ofCosts,
    total_cost: ofCosts,
  },
  ASSESSMENTS: {
    assessment_count: { aggregations: counted, dimensions: ["assessment_name", "assessment_value"] },
    assessment_value: { aggregations: averaged, dimensions: ["assessment_name"] },
  },
};

/** Throws `trace_filter_invalid` for what the view does not offer. */
export function checkMetricQuery(query: MetricQuery): void {
  const metrics = offers[query.view];
  const offer = Object.hasOwn(metrics, query.metric) ? metrics[query.metric] : undefined;
  if (offer === undefined)
    throw wrong(`metric_name must be one of ['${Object.keys(metrics).join("', '")}'], got '${query.metric}'`);
  const wrongKinds = query.aggregations
    .map(({ kind }) => kind)
    .filter((kind) => !offer.aggregations.includes(kind));
  if (wrongKinds.length > 0)
    throw wrong(
      `Found invalid aggregation_type(s): ['${wrongKinds.join("', '")}']. ` +
        `Supported aggregation types: ['${offer.aggregations.toSorted().join("', '")}']`,
    );
  const wrongDimensions = query.dimensions.filter((dimension) => !offer.dimensions.includes(dimension));
  if (wrongDimensions.length > 0)
    throw wrong(
      `Found invalid dimension(s): ['${wrongDimensions.toSorted().join("', '")}']. ` +
        `Supported dimensions: ['${offer.dimensions.toSorted().join("', '")}']`,
    );
  for (const filter of query.filters) checkView(query.view, filter);
}

function checkView(view: MetricView, { on }: MetricFilter): void {
  const family = on.slice(0, on.indexOf("."));
  const needed = family === "span" ? "SPANS" : family === "assessment" ? "ASSESSMENTS" : view;
  if (needed !== view)
    throw wrong(`Filtering by ${family} is only supported for ${needed} view type, got ${view}`);
}

const entities: Readonly<Record<string, readonly string[]>> = {
  trace: ["status", "tag", "metadata"],
  span: ["name", "status", "type"],
  assessment: ["name", "type"],
};

/** Reads one condition such as `trace.tag.team = 'care'`. */
export function parseMetricFilter(text: string): MetricFilter {
  const [name, comparator, value, ...more] = tokenize(text);
  if (name === undefined || comparator === undefined || more.length > 0)
    throw wrong(
      more.length > 0 && more[0]?.word !== "and"
        ? `Invalid clause(s) in filter string: '${text.slice(0, 200)}'`
        : `Invalid filter: '${text.slice(0, 200)}'. Expected one filter clause.`,
    );
  if (name.kind !== "name" || name.prefix === undefined)
    throw wrong(
      `Invalid identifier '${name.raw}'. Columns should be specified as 'trace.<key>', 'span.<key>', 'assessment.<key>'.`,
    );
  const on = readEntity(name.prefix, name.text, name.raw);
  if (comparator.text !== "=")
    throw wrong(`Invalid comparator: '${comparator.raw}', only '=' operator is supported`);
  const isText = value?.kind === "text" || (value?.kind === "name" && value.quoted);
  if (!isText)
    throw wrong(
      `Expected a quoted string value for ${on.entity} value (e.g. 'my-value'). Got value ${value?.raw}`,
    );
  return toFilter(on, value.text);
}

interface Subject {
  readonly family: string;
  readonly entity: string;
  readonly key: string | undefined;
}

function readEntity(family: string, text: string, raw: string): Subject {
  const valid = Object.hasOwn(entities, family) ? entities[family] : undefined;
  if (valid === undefined)
    throw wrong(`Invalid view type '${family}'. Valid values are ['${Object.keys(entities).join("', '")}']`);
  const [, entity = "", key] = /^([^.]*)(?:\.(.*))?$/s.exec(text) ?? [];
  if (!valid.includes(entity))
    throw wrong(
      `Invalid entity '${entity}' specified for view type '${family}'. Valid entities are ['${valid.join("', '")}']`,
    );
  const needsKey = entity === "tag" || entity === "metadata";
  if (needsKey && (key === undefined || key === ""))
    throw wrong(`Filtering by ${entity} requires a key, e.g. '${family}.${entity}.<key> = <value>'`);
  if (!needsKey && key !== undefined)
    throw wrong(
      `Filtering by ${entity} does not require a key, use '${family}.${entity}' instead of '${raw}'`,
    );
  return { family, entity, key };
}

function toFilter({ family, entity, key }: Subject, value: string): MetricFilter {
  const on = `${family}.${entity}`;
  switch (on) {
    case "trace.tag":
    case "trace.metadata":
      return { on, key: key ?? "", value };
    case "trace.status":
    case "span.name":
    case "span.status":
    case "span.type":
    case "assessment.name":
    case "assessment.type":
      return { on, value };
    default:
      throw new Error(`the filter ${on} has no meaning`);
  }
}
