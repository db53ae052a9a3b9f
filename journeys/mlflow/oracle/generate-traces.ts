import { makeFilter } from "./filters.ts";
import { promptMoves, prompts } from "./generate-prompts.ts";
import { ask, badKeys, keys, spoil, textAt, wheelOf } from "./questions.ts";
import type { Fields, Generator, Move } from "./questions.ts";
import type { Random } from "./random.ts";
import type { Question } from "./twin.ts";

interface Known {
  readonly traces: string[];
  /** Those that a new client recorded, whose spans then come by OpenTelemetry. */
  readonly recorded: { readonly id: string; readonly startMs: number }[];
  readonly assessments: { readonly id: string; readonly trace: string }[];
  readonly runs: string[];
  /** Nor do two spans begin together: microseconds so far. */
  spans: number;
  /** Every trace begins at a time of its own: the order of equal ones hangs on ids. */
  clockMs: number;
}

const experiments = ["0"];

/** Questions about traces in both of MLflow's versions, their spans and assessments, and about prompts. */
export function createTraceGenerator(random: Random): Generator {
  const known: Known = {
    traces: [],
    recorded: [],
    assessments: [],
    runs: [],
    spans: 0,
    clockMs: Date.UTC(2027, 0, 1),
  };
  const { pick, percent, below } = random;
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => "0123456789abcdef"[below(16)]).join("");

  const key = (): string => (percent(6) ? pick(badKeys) : pick(keys));
  const value = (): string => pick(["a", "B", "a%b", "1", ""]);
  const texts = (): Fields =>
    Object.fromEntries(keys.filter(() => percent(20)).map((name) => [name, value()]));
  const trace = (): string =>
    percent(6) || known.traces.length === 0 ? `tr-${"f".repeat(32)}` : pick(known.traces);
  const run = (): string => (known.runs.length === 0 ? "f".repeat(32) : pick(known.runs));
  const place = (): Fields => ({
    type: "MLFLOW_EXPERIMENT",
    mlflow_experiment: { experiment_id: percent(5) ? "99999" : pick(experiments) },
  });
  const isoTime = (): string => new Date((known.clockMs += 1_000)).toISOString();
  const feedbackValue = (): unknown => pick([true, false, 0.5, 1, "yes", "no", ["a", 1], { a: 1 }]);
  const assessment = (): Fields => ({
    assessment_name: pick(["correct", "score", "a b"]),
    source: { source_type: pick(["HUMAN", "LLM_JUDGE", "CODE"]), source_id: pick(["ada", "judge"]) },
    rationale: pick(["because", ""]),
    metadata: texts(),
    create_time: isoTime(),
    last_update_time: isoTime(),
    ...(percent(70)
      ? {
          feedback: {
            value: feedbackValue(),
            ...(percent(10) ? { error: { error_code: "E", error_message: "out" } } : {}),
          },
        }
      : { expectation: { value: pick([true, "x", 3]) } }),
  });
  const page = (): Fields => ({
    max_results: pick([1, 2, 3, 100]),
    ...(percent(3) ? { max_results: 10_000_000 } : {}),
    ...(percent(3) ? { page_token: "no token of ours" } : {}),
  });
  const order = (): readonly string[] =>
    percent(60)
      ? []
      : [pick(["timestamp_ms ASC", "timestamp DESC", "execution_time_ms DESC", "status ASC", "colour"])];
  const newTrace = (): Fields => ({
    trace: {
      trace_info: {
        trace_id: `tr-${hex(32)}`,
        trace_location: place(),
        request_time: isoTime(),
        execution_duration: pick(["0.5s", "2s", "0.001s"]),
        state: pick(["OK", "ERROR", "IN_PROGRESS"]),
        request_preview: pick(["where is my bag?", "größer"]),
        response_preview: pick(["there", ""]),
        trace_metadata: {
          ...texts(),
          ...(percent(30) ? { "mlflow.trace.session": pick(["s1", "s2"]) } : {}),
        },
        tags: { ...texts(), "mlflow.traceName": pick(["answer", "find"]) },
        ...(percent(20) ? { client_request_id: pick(["c1", "c2"]) } : {}),
      },
    },
  });

  const moves: readonly Move[] = [
    [8, "POST", "3.0/mlflow/traces", newTrace],
    [3, "GET", "3.0/mlflow/traces/{trace}", () => ({})],
    [
      3,
      "GET",
      "3.0/mlflow/traces/get",
      () => ({ trace_id: trace(), allow_partial: pick(["true", "false"]) }),
    ],
    [3, "GET", "3.0/mlflow/traces/batchGet", () => ({ trace_ids: [trace(), trace()] })],
    [2, "POST", "3.0/mlflow/traces/batchGetInfos", () => ({ trace_ids: [trace(), trace()] })],
    [
      12,
      "POST",
      "3.0/mlflow/traces/search",
      () => ({ locations: [place()], filter: makeFilter(random, "traces"), order_by: order(), ...page() }),
    ],
    [
      4,
      "GET",
      "2.0/mlflow/traces",
      () => ({
        experiment_ids: experiments,
        filter: makeFilter(random, "traces"),
        order_by: order(),
        ...page(),
      }),
    ],
    [2, "PATCH", "3.0/mlflow/traces/{trace}/tags", () => ({ key: key(), value: value() })],
    [2, "PATCH", "2.0/mlflow/traces/{trace}/tags", () => ({ key: key(), value: value() })],
    [1, "DELETE", "3.0/mlflow/traces/{trace}/tags", () => ({ key: key() })],
    [1, "DELETE", "2.0/mlflow/traces/{trace}/tags", () => ({ key: key() })],
    [
      3,
      "POST",
      "2.0/mlflow/traces",
      () => ({
        experiment_id: pick(experiments),
        timestamp_ms: (known.clockMs += 1_000),
        request_metadata: pairsOf(texts()),
        tags: pairsOf(texts()),
      }),
    ],
    [
      2,
      "PATCH",
      "2.0/mlflow/traces/{trace}",
      () => ({
        timestamp_ms: (known.clockMs += 1_000),
        status: pick(["OK", "ERROR"]),
        request_metadata: pairsOf(texts()),
        tags: pairsOf(texts()),
      }),
    ],
    [2, "GET", "2.0/mlflow/traces/{trace}/info", () => ({})],
    [5, "POST", "3.0/mlflow/traces/{trace}/assessments", () => ({ assessment: assessment() })],
    [3, "GET", "3.0/mlflow/traces/{trace}/assessments/{assessment}", () => ({})],
    [
      3,
      "PATCH",
      "3.0/mlflow/traces/{trace}/assessments/{assessment}",
      () =>
        pick<Fields>([
          { assessment: { rationale: "on second thought" }, update_mask: "rationale" },
          { assessment: { assessment_name: "renamed" }, update_mask: "assessmentName" },
          { assessment: { feedback: { value: feedbackValue() } }, update_mask: "feedback" },
          { assessment: { expectation: { value: "y" } }, update_mask: "expectation" },
          { assessment: { metadata: texts() }, update_mask: "metadata" },
        ]),
    ],
    [1, "DELETE", "3.0/mlflow/traces/{trace}/assessments/{assessment}", () => ({})],
    [
      1,
      "POST",
      "2.0/mlflow/traces/delete-traces",
      () => ({ experiment_id: pick(experiments), request_ids: [trace()] }),
    ],
    [
      1,
      "POST",
      "3.0/mlflow/traces/delete-traces",
      () => ({
        experiment_id: pick(experiments),
        max_timestamp_millis: Date.UTC(2027, 0, 1) + 5_000,
        max_traces: 1,
      }),
    ],
    [2, "POST", "2.0/mlflow/traces/link-to-run", () => ({ trace_ids: [trace()], run_id: run() })],
    [
      1,
      "POST",
      "2.0/mlflow/traces/link-prompts",
      () => ({ trace_id: trace(), prompt_versions: [{ name: pick(prompts), version: pick(["1", "2"]) }] }),
    ],
    [
      1,
      "POST",
      "2.0/mlflow/runs/create",
      () => ({ experiment_id: "0", start_time: (known.clockMs += 1_000), run_name: "r", user_id: "ada" }),
    ],
    ...promptMoves(random),
  ];
  const wheel = wheelOf(moves);

  /** Spans of a trace, as OpenTelemetry's exporters send them in JSON. */
  function exported(): Question {
    // Within the time of the trace: theirs stretches it by spans that end later, which no client sends.
    const { id, startMs } = pick(known.recorded);
    const root = hex(16);
    const atUs = (known.spans += 2);
    const at = (us: number): string => `${startMs}${String(us).padStart(3, "0")}000`;
    const spanOf = (name: string, offsetUs: number, more: Fields): Fields => ({
      traceId: id.replace("tr-", ""),
      name,
      startTimeUnixNano: at(atUs + offsetUs),
      endTimeUnixNano: at(atUs + 2),
      status: { code: pick([0, 1, 2]) },
      ...more,
    });
    const attributes = [
      { key: "mlflow.spanType", value: { stringValue: pick(["LLM", "RETRIEVER"]) } },
      { key: "share", value: { doubleValue: 0.5 } },
      { key: "tries", value: { intValue: "3" } },
      { key: "words", value: { stringValue: "größer" } },
      { key: "mlflow.spanInputs", value: { stringValue: '{"question": "where?", "n": 1}' } },
      { key: "wrapped", value: { stringValue: pick(['["a", 1]', "1", "true", '{"a', '"quoted"']) } },
    ];
    const spans = [
      spanOf("answer", 0, { spanId: root, attributes: [] }),
      spanOf("find", 1, { spanId: hex(16), parentSpanId: root, attributes }),
    ];
    const scope = { scopeSpans: [{ scope: { name: "oracle" }, spans }] };
    return {
      method: "POST",
      path: "/v1/traces",
      headers: { "content-type": "application/json", "x-mlflow-experiment-id": "0" },
      body: Buffer.from(JSON.stringify({ resourceSpans: [scope] })),
    };
  }

  return {
    next() {
      if (known.recorded.length > 0 && percent(6)) return exported();
      const [, method, path, fields] = pick(wheel);
      const assessed = known.assessments.length === 0 || percent(6) ? undefined : pick(known.assessments);
      const traceId = path.includes("{assessment}") ? (assessed?.trace ?? trace()) : trace();
      const named = path
        .replace("{trace}", traceId)
        .replace("{assessment}", assessed?.id ?? `a-${"f".repeat(32)}`);
      const given = fields();
      return ask(method, `/api/${named}`, percent(10) ? spoil(random, given, method === "GET") : given);
    },
    hear({ question, ours, theirs }) {
      if (ours.status !== 200 || theirs.status !== 200 || question.method !== "POST") return;
      const answer = Object(ours.json);
      const info = Reflect.get(Object(Reflect.get(answer, "trace")), "trace_info");
      const id = textAt(info, "trace_id") ?? textAt(Reflect.get(answer, "trace_info"), "request_id");
      if (id !== undefined && question.path.endsWith("/mlflow/traces")) known.traces.push(id);
      const begun = textAt(info, "request_time");
      if (id !== undefined && begun !== undefined && question.path.endsWith("/3.0/mlflow/traces"))
        known.recorded.push({ id, startMs: Date.parse(begun) });
      const made = Reflect.get(answer, "assessment");
      const [assessmentId, of] = [textAt(made, "assessment_id"), textAt(made, "trace_id")];
      if (assessmentId !== undefined && of !== undefined)
        known.assessments.push({ id: assessmentId, trace: of });
      const runId = textAt(Reflect.get(Object(Reflect.get(answer, "run")), "info"), "run_id");
      if (runId !== undefined) known.runs.push(runId);
    },
  };
}

function pairsOf(texts: Fields): readonly Fields[] {
  return Object.entries(texts).map(([key, value]) => ({ key, value }));
}
