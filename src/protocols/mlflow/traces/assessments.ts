import { z } from "zod";

import type { Assessment, AssessmentKind, Traces } from "#traces";
import type { AssessmentChange, NewAssessment } from "#traces/commands";

import { defineCall, ofExperiment } from "../calls.ts";
import type { Call, Caller } from "../calls.ts";
import { invalid, optionalText, text } from "../wire.ts";
import { enumeration, timestamp, toTimestamp } from "./times.ts";

const errorInput = z.object({
  error_code: text.default("ASSESSMENT_ERROR"),
  error_message: optionalText,
  stack_trace: optionalText,
});

// The numbers of the protocol.
const sourceType = enumeration(["SOURCE_TYPE_UNSPECIFIED", "HUMAN", "LLM_JUDGE", "CODE"]);

export const assessmentInput = z.object({
  assessment_id: optionalText,
  assessment_name: text.default(""),
  trace_id: optionalText,
  span_id: optionalText,
  source: z
    .object({ source_type: sourceType.default("SOURCE_TYPE_UNSPECIFIED"), source_id: optionalText })
    .default({ source_type: "SOURCE_TYPE_UNSPECIFIED" }),
  create_time: timestamp.optional(),
  last_update_time: timestamp.optional(),
  feedback: z.object({ value: z.unknown().optional(), error: errorInput.optional() }).optional(),
  expectation: z
    .object({
      value: z.unknown().optional(),
      serialized_value: z
        .object({ serialization_format: optionalText, value: text.default("null") })
        .optional(),
    })
    .optional(),
  issue: z.object({ issue_name: optionalText }).optional(),
  rationale: optionalText,
  error: errorInput.optional(),
  metadata: z.record(text, z.coerce.string()).default({}),
  overrides: optionalText,
});

type AssessmentInput = z.output<typeof assessmentInput>;

export function readAssessment(input: AssessmentInput): NewAssessment {
  const value = readValue(input);
  if (value === undefined) throw invalid("Assessment must have either feedback, expectation, or issue value");
  if (input.assessment_name === "") throw invalid("Missing value for required parameter 'assessment_name'.");
  return {
    ...value,
    id: input.assessment_id === "" ? undefined : input.assessment_id,
    spanId: filled(input.span_id),
    name: input.assessment_name,
    rationale: filled(input.rationale),
    sourceType: input.source.source_type,
    sourceId: filled(input.source.source_id),
    metadata: input.metadata,
    overrides: filled(input.overrides),
    createdAtMs: input.create_time,
    updatedAtMs: input.last_update_time,
  };
}

interface Valued {
  readonly kind: AssessmentKind;
  readonly value: unknown;
  readonly error: NewAssessment["error"];
}

function readValue(input: AssessmentInput): Valued | undefined {
  const { feedback, expectation, issue } = input;
  if ([feedback, expectation, issue].filter((one) => one !== undefined).length > 1)
    throw invalid("Exactly one of `expectation`, `feedback`, or `issue` should be specified.");
  if (feedback !== undefined) {
    const error = readError(feedback.error ?? input.error);
    if (feedback.value === undefined && error === null)
      throw invalid("Either `value` or `error` must be provided.");
    return { kind: "feedback", value: feedback.value ?? null, error };
  }
  if (expectation !== undefined)
    return { kind: "expectation", value: readExpectation(expectation), error: null };
  if (issue !== undefined)
    return { kind: "issue", value: { issue_name: issue.issue_name ?? null }, error: null };
  return undefined;
}

function readExpectation(expectation: NonNullable<AssessmentInput["expectation"]>): unknown {
  const serialized = expectation.serialized_value;
  if (serialized === undefined) return expectation.value ?? null;
  const format = serialized.serialization_format;
  if (format !== undefined && format !== "JSON_FORMAT")
    throw invalid(`Unknown serialization format: ${format.slice(0, 80)}. Only JSON_FORMAT is supported.`);
  try {
    return JSON.parse(serialized.value);
  } catch {
    throw invalid("Invalid value for parameter 'expectation.serialized_value' supplied: it is not JSON.");
  }
}

function readError(error: z.output<typeof errorInput> | undefined): NewAssessment["error"] {
  if (error === undefined) return null;
  return {
    code: error.error_code,
    message: error.error_message ?? null,
    stackTrace: error.stack_trace ?? null,
  };
}

function filled(value: string | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}

export function presentAssessment(assessment: Assessment): object {
  return {
    assessment_id: assessment.id,
    assessment_name: assessment.name,
    trace_id: assessment.traceId,
    ...(assessment.spanId === null ? {} : { span_id: assessment.spanId }),
    source: {
      source_type: assessment.sourceType,
      ...(assessment.sourceId === null ? {} : { source_id: assessment.sourceId }),
    },
    create_time: toTimestamp(assessment.createdAtMs),
    last_update_time: toTimestamp(assessment.updatedAtMs),
    ...presentValue(assessment),
    ...(assessment.rationale === null ? {} : { rationale: assessment.rationale }),
    metadata: assessment.metadata,
    ...(assessment.overrides === null ? {} : { overrides: assessment.overrides }),
    valid: assessment.isValid,
  };
}

const issueValue = z.object({ issue_name: z.string().nullable() });

function presentValue({ kind, value, error }: Assessment): object {
  if (kind === "issue") {
    const name = issueValue.safeParse(value).data?.issue_name ?? null;
    return { issue: name === null ? {} : { issue_name: name } };
  }
  if (kind === "feedback")
    return { feedback: { value, ...(error === null ? {} : { error: presentError(error) }) } };
  // What is no plain value travels as text in clients' expectations.
  const isPlain = typeof value !== "object" || value === null;
  const serialized = { serialization_format: "JSON_FORMAT", value: JSON.stringify(value) };
  return { expectation: isPlain ? { value } : { serialized_value: serialized } };
}

function presentError(error: NonNullable<Assessment["error"]>): object {
  return {
    error_code: error.code,
    ...(error.message === null ? {} : { error_message: error.message }),
    ...(error.stackTrace === null ? {} : { stack_trace: error.stackTrace }),
  };
}

const base = "/mlflow/traces/:trace_id/assessments";
const one = z.object({ trace_id: text, assessment_id: text });

/** What people and judges think of traces. */
export function createAssessmentCalls(traces: Traces): readonly Call[] {
  const { commands } = traces;
  const mayTouch = async (traceId: string, caller: Caller): Promise<void> => {
    await caller.allow(ofExperiment(await traces.getTraceInfo(traceId)));
  };
  return [
    defineCall({
      version: "3.0",
      method: "POST",
      path: base,
      permission: "run:write",
      summary: "Gives a trace, or a span of it, an assessment.",
      input: z.object({ trace_id: text, assessment: assessmentInput }),
      async handler({ trace_id: traceId, assessment }, caller) {
        await mayTouch(traceId, caller);
        const actor = caller.principal.id;
        const given = readAssessment(assessment);
        return {
          assessment: presentAssessment(
            await commands.createAssessment({ traceId, assessment: given, actor }),
          ),
        };
      },
    }),
    defineCall({
      version: "3.0",
      method: "GET",
      path: `${base}/:assessment_id`,
      permission: "run:read",
      summary: "Gets an assessment.",
      input: one,
      async handler({ trace_id: traceId, assessment_id: id }, caller) {
        await mayTouch(traceId, caller);
        return { assessment: presentAssessment(await traces.getAssessment(traceId, id)) };
      },
    }),
    defineCall({
      version: "3.0",
      method: "PATCH",
      path: `${base}/:assessment_id`,
      permission: "run:write",
      summary: "Changes an assessment.",
      input: one.extend({ assessment: assessmentInput, update_mask: text.default("") }),
      async handler({ trace_id: traceId, assessment_id: id, ...input }, caller) {
        await mayTouch(traceId, caller);
        const change = readChange(input.assessment, input.update_mask);
        const actor = caller.principal.id;
        return {
          assessment: presentAssessment(await commands.changeAssessment({ traceId, id, change, actor })),
        };
      },
    }),
    defineCall({
      version: "3.0",
      method: "DELETE",
      path: `${base}/:assessment_id`,
      permission: "run:write",
      summary: "Deletes an assessment; one that it overrides is valid again.",
      input: one,
      async handler({ trace_id: traceId, assessment_id: id }, caller) {
        await mayTouch(traceId, caller);
        await commands.deleteAssessment({ traceId, id, actor: caller.principal.id });
      },
    }),
  ];
}

/** The mask names what changes: `assessmentName,feedback`, in either spelling. */
function readChange(input: AssessmentInput, mask: string): AssessmentChange {
  const names = new Set(mask.split(",").map((name) => name.trim().replace(/^assessment_?name$/i, "name")));
  const value = readValue({
    ...input,
    feedback: names.has("feedback") ? input.feedback : undefined,
    expectation: names.has("expectation") ? input.expectation : undefined,
    issue: undefined,
  });
  return {
    name: names.has("name") ? input.assessment_name : undefined,
    value,
    rationale: names.has("rationale") ? (input.rationale ?? "") : undefined,
    metadata: names.has("metadata") ? input.metadata : undefined,
  };
}
