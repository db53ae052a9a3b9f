import type { Random } from "./random.ts";

interface Field {
  readonly names: readonly string[];
  readonly comparators: readonly string[];
  readonly values: readonly string[];
}

const ofNumbers = ["=", "!=", "<", "<=", ">", ">="];
const ofTexts = ["=", "!=", "LIKE", "ILIKE"];
const texts = ["'a'", "'B'", "'%a%'", "'b_'", '"c"', "''", "'run 1'"];
const numbers = ["0", "1", "-2.5", "1e3", "1000000000000"];

const ofRuns: readonly Field[] = [
  {
    names: ["metrics.loss", "metric.acc", "metrics.`a b`", 'metrics."acc"'],
    comparators: ofNumbers,
    values: numbers,
  },
  { names: ["params.depth", "param.`a b`", "parameters.kind"], comparators: ofTexts, values: texts },
  { names: ["tags.team", "tag.`a.b`", "tags.`mlflow.runName`"], comparators: ofTexts, values: texts },
  { names: ["params.depth", "tags.team"], comparators: ["IS NULL", "IS NOT NULL", "is null"], values: [""] },
  { names: ["attributes.status", "status"], comparators: ["=", "!="], values: ["'RUNNING'", "'FINISHED'"] },
  { names: ["run_name", "attr.run_name", "run.`Run name`", "user_id"], comparators: ofTexts, values: texts },
  { names: ["start_time", "attributes.end_time", "created"], comparators: ofNumbers, values: numbers },
  { names: ["datasets.name", "dataset.digest", "datasets.context"], comparators: ofTexts, values: texts },
  { names: ["run_id", "attributes.run_id"], comparators: ["IN", "NOT IN"], values: ["('a', 'b')", "('a')"] },
];
const ofExperiments: readonly Field[] = [
  { names: ["name", "attribute.name"], comparators: ofTexts, values: ["'e 1'", "'E%'", "'%2'", "'Default'"] },
  { names: ["tags.team", "tag.`a.b`"], comparators: ofTexts, values: texts },
  {
    names: ["creation_time", "last_update_time"],
    // The first experiment is as old as its server there, and as old as time here.
    comparators: ["<", ">="],
    values: ["-1", "99999999999999"],
  },
];
const ofModels: readonly Field[] = [
  { names: ["name"], comparators: ofTexts, values: ["'m-1'", "'M%'", "'%2'"] },
  { names: ["tags.team", "tag.`a.b`"], comparators: ofTexts, values: texts },
];
const ofVersions: readonly Field[] = [
  { names: ["name"], comparators: ofTexts, values: ["'m-1'", "'M%'", "'%2'"] },
  { names: ["tags.team", "tag.`a.b`"], comparators: ofTexts, values: texts },
  { names: ["version_number"], comparators: ofNumbers, values: ["1", "2"] },
];

const ofTraces: readonly Field[] = [
  {
    names: ["status", "attributes.status", "trace.status"],
    comparators: ["=", "!="],
    values: ["'OK'", "'ERROR'"],
  },
  { names: ["name", "attributes.name"], comparators: ofTexts, values: ["'answer'", "'f%'", "'%e%'"] },
  { names: ["tags.team", "tag.`a.b`", "tags.`a b`"], comparators: ofTexts, values: texts },
  { names: ["tags.team", "metadata.depth"], comparators: ["IS NULL", "IS NOT NULL"], values: [""] },
  { names: ["metadata.depth", "request_metadata.kind"], comparators: ofTexts, values: texts },
  { names: ["metadata.`mlflow.trace.session`"], comparators: ["=", "!="], values: ["'s1'"] },
  {
    names: ["timestamp_ms", "trace.timestamp", "attributes.timestamp_ms"],
    comparators: ofNumbers,
    values: ["0", "1798761610000", "9999999999999"],
  },
  {
    names: ["execution_time_ms", "trace.execution_time"],
    comparators: ofNumbers,
    values: ["1", "500", "2000"],
  },
  { names: ["client_request_id"], comparators: ofTexts, values: ["'c1'", "'c%'"] },
  { names: ["request_id", "trace.request_id"], comparators: ["=", "!="], values: ["'absent'"] },
  {
    names: ["feedback.correct", "feedback.score"],
    comparators: ["=", "!="],
    values: ["'true'", "'yes'", "'0.5'"],
  },
  { names: ["feedback.correct", "expectation.score"], comparators: ["IS NULL", "IS NOT NULL"], values: [""] },
  { names: ["expectation.score", "expectation.correct"], comparators: ["=", "!="], values: ["'x'", "'3'"] },
  {
    names: ["span.name", "span.type", "span.status"],
    comparators: ofTexts,
    values: ["'find'", "'LLM'", "'OK'"],
  },
  {
    names: ["span.attributes.words"],
    comparators: ["LIKE", "ILIKE"],
    values: ["'%größer%'"],
  },
  { names: ["trace.text"], comparators: ["LIKE", "ILIKE"], values: ["'%größer%'", "'%absent%'"] },
  { names: ["prompt"], comparators: ["="], values: ["'p-1/1'", "'p-2/1'"] },
];

/** What no grammar of theirs takes: each must be refused, never taken for something else. */
const broken = [
  "params.a = '1' OR params.b = '2'",
  "(metrics.loss > 1)",
  "metrics.loss > 'x'",
  "metrics.loss LIKE '1'",
  "params.depth > 3",
  "params.depth = 3",
  "status",
  "status =",
  "= 'x'",
  "attributes.colour = 'x'",
  "colour.x = 'y'",
  "params.depth = 'x",
  "tags.team == 'x'",
  "metrics.loss > 1 AND",
  "metrics.loss > 1 metrics.loss < 2",
  "tags.team IS 'x'",
  "start_time = 'x'",
  "run_name > 'x'",
  "name; drop table runs",
];

export type Searched = "runs" | "experiments" | "models" | "versions" | "traces";

const fields: Readonly<Record<Searched, readonly Field[]>> = {
  runs: ofRuns,
  experiments: ofExperiments,
  models: ofModels,
  versions: ofVersions,
  traces: ofTraces,
};

const orders: Readonly<Record<Exclude<Searched, "traces">, readonly string[]>> = {
  runs: [
    "metrics.loss",
    "metrics.acc DESC",
    "params.depth ASC",
    "tags.team desc",
    "start_time DESC",
    "attributes.end_time",
    "run_name",
  ],
  experiments: ["name", "name DESC", "experiment_id ASC", "experiment_id DESC"],
  models: ["name", "name DESC"],
  versions: ["version_number DESC", "name ASC"],
};

const brokenOrders = ["colour", "metrics.loss UP", "", "name, name", "metrics", "params.depth DESC DESC"];

export function makeFilter(random: Random, searched: Searched): string {
  if (random.percent(20)) return "";
  if (random.percent(15)) return random.pick(broken);
  const conditions = Array.from({ length: 1 + random.below(2) }, () => {
    const { names, comparators, values } = random.pick(fields[searched]);
    return `${random.pick(names)} ${random.pick(comparators)} ${random.pick(values)}`.trim();
  });
  return conditions.join(random.pick([" AND ", " and "]));
}

export function makeOrder(random: Random, searched: Exclude<Searched, "traces">): readonly string[] {
  if (random.percent(50)) return [];
  if (random.percent(10)) return [random.pick(brokenOrders)];
  return [random.pick(orders[searched])];
}
