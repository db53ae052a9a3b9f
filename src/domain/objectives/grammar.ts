import { z } from "zod";

import {
  amount,
  column,
  comparison,
  currency,
  day,
  duration,
  frequency,
  name,
  noun,
  path,
} from "./scalars.ts";
import { schedule, share, url, words } from "./scalars.ts";
import { studySchema } from "./study.ts";

/** The grammar of `gyre.yaml`, from which the check, the types and the published JSON Schema come. */

const kpiSource = z
  .strictObject({
    csv: path.describe("A CSV file in the project.").optional(),
    sql: words.describe("A query with one row a day.").optional(),
    http: url.describe("An address that answers with CSV or JSON.").optional(),
    promql: words.describe("A Prometheus query.").optional(),
    at: words.describe("The server that sql or promql is asked of.").optional(),
    time: column.describe("The column that holds the day.").optional(),
    value: column.describe("The column that holds the number.").optional(),
  })
  .superRefine((source, context) => {
    requireOneOf(context, source, ["csv", "sql", "http", "promql"]);
    if (source.csv !== undefined || source.sql !== undefined) requireAll(context, source, ["time", "value"]);
    if (source.sql !== undefined || source.promql !== undefined) requireAll(context, source, ["at"]);
  });

const kpi = z.strictObject({
  name: words.describe("What the number is called."),
  source: kpiSource.describe("Where one number a day comes from."),
  now: z.number().describe("What it is today.").optional(),
  target: comparison.describe("What it should become.").optional(),
});

const requirement = z.union([
  comparison,
  z.strictObject({
    better_than: z.literal("baseline").describe("The rule without machine learning."),
    by: share.describe("By at least this share of the baseline's value.").optional(),
  }),
]);

/** One criterion: exactly one metric, and perhaps the column whose every value must meet it. */
const criterion = z
  .strictObject({
    expected_cost: requirement.describe("Mean cost of a prediction, from objective.costs.").optional(),
    recall: requirement.describe("Found share of the positive class.").optional(),
    precision: requirement.describe("Right share of the positive decisions.").optional(),
    f1: requirement.describe("Harmonic mean of precision and recall.").optional(),
    accuracy: requirement.describe("Right share of all predictions.").optional(),
    roc_auc: requirement.describe("Area under the ROC curve.").optional(),
    log_loss: requirement.describe("Mean negative log likelihood, natural logarithm.").optional(),
    mae: requirement.describe("Mean absolute error, in the unit of the target.").optional(),
    rmse: requirement.describe("Root mean squared error, in the unit of the target.").optional(),
    mape: requirement.describe("Mean absolute percentage error.").optional(),
    r2: requirement.describe("Coefficient of determination.").optional(),
    latency_p50_ms: requirement.describe("Median time to an answer under load.").optional(),
    latency_p95_ms: requirement.describe("95th percentile of the time to an answer under load.").optional(),
    latency_p99_ms: requirement.describe("99th percentile of the time to an answer under load.").optional(),
    error_rate: requirement.describe("Share of predictions that fail under load.").optional(),
    for_each: column.describe("A column: each of its values must meet the criterion.").optional(),
  })
  .superRefine((written, context) => {
    const stated = Object.keys(written).filter((key) => key !== "for_each");
    if (stated.length === 1) return;
    refuse(
      context,
      [],
      stated.length === 0
        ? 'A criterion needs a metric, such as - recall: ">= 0.85".'
        : `A criterion has one metric, this one has ${stated.length}: ${stated.join(", ")}. Begin each with a hyphen of its own.`,
    );
  });

const objective = z.strictObject({
  decision: words.describe("Which decision gets better?"),
  task: z.enum(["classification", "regression"]).describe("What the model predicts: a class or a number."),
  target: column.describe("The column to predict."),
  positive: words.describe("The class the decision is about.").optional(),
  kpi: kpi.describe("The number of the business that should move.").optional(),
  costs: z
    .strictObject({
      false_negative: amount.describe("What it costs to miss a positive."),
      false_positive: amount.describe("What a false alarm costs."),
      currency: currency.describe("ISO 4217 code."),
    })
    .describe("What a wrong prediction costs: gives the metric expected_cost and the decision threshold.")
    .optional(),
  baseline: path.describe("A rule without machine learning, to be beaten.").optional(),
  ready_when: z
    .array(criterion)
    .min(1)
    .describe("How good is good enough: each criterion becomes a release gate and a live monitor.")
    .optional(),
  time_box: day.describe("On this day somebody decides: extend, stop or ship.").optional(),
  budget: z.strictObject({ amount, currency }).describe("What may be spent.").optional(),
});

const dataset = z.strictObject({
  source: z
    .strictObject({ file: path.describe("A file in the project.") })
    .describe("Where the data comes from."),
  time: column.describe("The column that says when a row came to be.").optional(),
  contract: path.describe("What every new version must fulfil; a breach quarantines it.").optional(),
  owner: words.describe("Who answers for the data.").optional(),
});

const rolloutStep = z
  .strictObject({
    shadow: duration.describe("Predict beside the live model, unseen, for this long.").optional(),
    canary: share.describe("Answer this share of the traffic.").optional(),
    for: duration.describe("How long the canary lasts.").optional(),
    all: z.literal(true).describe("Answer everything.").optional(),
  })
  .superRefine((step, context) => {
    requireOneOf(context, step, ["shadow", "canary", "all"]);
    if (step.canary !== undefined) requireAll(context, step, ["for"]);
    if (step.canary === undefined && step.for !== undefined) {
      refuse(context, ["for"], '"for" belongs to a canary; a shadow says how long by itself: shadow: 10m.');
    }
  });

const delivery = z.strictObject({
  environments: z.array(noun).min(1).describe("Where releases go, in this order.").optional(),
  approve: z
    .record(noun, z.int("a whole number of people").min(0).max(10))
    .describe("How many people other than the author must approve, by environment.")
    .optional(),
  rollout: z.array(rolloutStep).min(1).describe("How a release takes over the traffic.").optional(),
  roll_back_when: z
    .enum(["any objective.ready_when fails", "never"])
    .describe("When a rollout goes back.")
    .optional(),
});

const trigger = z
  .strictObject({
    new_labels: z
      .int("a whole number of labels")
      .min(1)
      .describe("This many outcomes since the last training.")
      .optional(),
    schedule: schedule.describe("Five cron fields, in UTC.").optional(),
  })
  .superRefine((written, context) => requireOneOf(context, written, ["new_labels", "schedule"]));

export const projectFileSchema = z
  .strictObject({
    project: name.describe("The project's name."),
    objective: objective.describe("What the project is for.").optional(),
    data: z.record(noun, dataset).describe("The datasets, by name.").optional(),
    pipeline: z
      .union([path, z.looseObject({ stages: z.record(z.string(), z.unknown()) })])
      .describe("A pipeline file, or stages written here in the same grammar.")
      .optional(),
    python: z
      .strictObject({
        requirements: path.describe("The file that names the packages.").optional(),
        version: text('versions in quotes, such as ">=3.10"').describe("Which Python.").optional(),
      })
      .describe("The environment of the pipeline's steps.")
      .optional(),
    studies: z
      .record(noun, studySchema.describe("A search: each trial runs the pipeline with other values."))
      .describe("Searches over parameters of the pipeline, by name.")
      .optional(),
    model: z
      .strictObject({
        name: noun.describe("The name it is registered and served by."),
        path: path.describe("An MLflow model folder, or an .onnx file, that the pipeline writes."),
        export: z
          .enum(["onnx", "none"])
          .describe("Convert at registration, behind a parity check.")
          .optional(),
        holdout: path
          .describe(
            "A CSV the pipeline writes: the rows every gate is judged on. data/prepared/holdout.csv unless told.",
          )
          .optional(),
      })
      .optional(),
    delivery: delivery.describe("How a version reaches its users.").optional(),
    serving: z
      .strictObject({
        unit: column.describe("The input that keeps one person on one variant.").optional(),
        log: z
          .strictObject({
            sample: share.describe("Which share of the predictions is logged.").optional(),
            drop: z.array(column).describe("Inputs that are never logged.").optional(),
          })
          .describe("What the prediction log keeps.")
          .optional(),
      })
      .optional(),
    monitoring: z
      .strictObject({
        outcomes: z
          .strictObject({
            key: column.describe("What joins an outcome to its prediction.").optional(),
            arrive_within: duration.describe("When nearly all outcomes are known.").optional(),
          })
          .describe("How the truth comes back.")
          .optional(),
        false_alarms: frequency
          .describe("How often all monitors together may cry wolf; thresholds follow.")
          .optional(),
        segments: z.array(column).describe("Columns whose groups are watched one by one.").optional(),
      })
      .optional(),
    retrain: z
      .strictObject({
        when: z
          .strictObject({
            any: z
              .array(z.union([z.literal("performance"), trigger]))
              .min(1)
              .describe("Any of these is reason enough."),
          })
          .describe("What starts a new training."),
        cooldown: duration.describe("How long to wait after a training before the next.").optional(),
      })
      .optional(),
  })
  .describe("A project: what it is for, what it is made of and how it is run.");

/** A project file as parsed: the keys as written, the values counted in milliseconds and shares. */
export type WrittenProject = z.output<typeof projectFileSchema>;
export type WrittenCriterion = z.output<typeof criterion>;
export type WrittenRolloutStep = z.output<typeof rolloutStep>;

type Refinement = z.RefinementCtx;

function requireOneOf(
  context: Refinement,
  written: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): void {
  const stated = keys.filter((key) => written[key] !== undefined);
  if (stated.length === 1) return;
  const found = stated.length === 0 ? "found none of them" : `found ${stated.join(" and ")}`;
  refuse(context, [], `Exactly one of ${keys.join(", ")} belongs here, ${found}.`);
}

function requireAll(
  context: Refinement,
  written: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): void {
  for (const key of keys) {
    if (written[key] === undefined) refuse(context, [], `"${key}" is missing here.`);
  }
}

function refuse(context: Refinement, where: string[], message: string): void {
  context.addIssue({ code: "custom", path: where, message });
}

function text(expected: string): z.ZodString {
  return z.string({ error: expected }).min(1, { error: expected });
}
