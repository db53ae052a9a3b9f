import type { TraceSpan, TraceSummary } from "../../src/data/traces.ts";
import type { StoryAnswer } from "./answer.ts";
import { shownRun } from "./runs.ts";
import { minute, nowMs } from "./time.ts";

const traceSpans: TraceSpan[] = [
  span("01", null, 0, 3, "answer", "CHAIN", 0, 1840, { inputs: { question: "Where is my bag?" } }),
  span("02", "01", 1, 1, "retrieve", "RETRIEVER", 12, 310, { outputs: ["lost luggage", "claims"] }),
  span("03", "02", 2, 0, "embed", "EMBEDDING", 14, 120, {}),
  span("04", "01", 1, 0, "search the policy of every partner airline by its full name", "TOOL", 340, 620, {
    status: "ERROR",
    statusMessage: "TimeoutError: the partner did not answer within 600 ms",
    events: [{ name: "exception", offsetMs: 958, attributes: { "exception.type": "TimeoutError" } }],
  }),
  span("05", "01", 1, 0, "generate", "CHAT_MODEL", 980, 850, {
    outputs: "Your bag is in Oslo.",
    attributes: {
      "mlflow.llm.model": "small-7b",
      temperature: 0.2,
      "mlflow.chat.tokenUsage": { total_tokens: 431 },
    },
  }),
];

function span(
  id: string,
  parentId: string | null,
  depth: number,
  children: number,
  name: string,
  type: string,
  offsetMs: number,
  durationMs: number,
  more: Partial<TraceSpan>,
): TraceSpan {
  return {
    id,
    parentId,
    depth,
    children,
    name,
    type,
    offsetMs,
    durationMs,
    status: "OK",
    statusMessage: "",
    inputs: null,
    outputs: null,
    attributes: {},
    events: [],
    ...more,
  };
}

const traceOf = (index: number): TraceSummary => ({
  id: `tr-${(index + 4096).toString(16).padStart(32, "0")}`,
  experimentId: "1",
  name: index % 4 === 0 ? "summarise" : "answer",
  state: index === 0 ? "IN_PROGRESS" : index % 9 === 2 ? "ERROR" : "OK",
  startedAtMs: nowMs - index * 3 * minute,
  durationMs: index === 0 ? null : 700 + ((index * 137) % 2300),
  requestPreview: "Where is my bag? I waited an hour at the belt and nobody could tell me anything.",
  responsePreview: index === 0 ? null : "Your bag is in Oslo.",
  runId: index % 3 === 0 ? shownRun.id : null,
  session: `session-${index % 7}`,
  user: "traveller",
  tokens: index === 0 ? null : 300 + index,
  assessments:
    index % 5 === 1
      ? [
          {
            id: `a-${index}`,
            spanId: index === 1 ? "05" : null,
            kind: "feedback",
            name: "correct",
            value: index % 2 === 1,
            error: null,
            rationale: "The bag was found in Oslo.",
            sourceType: "HUMAN",
            sourceId: "mira",
            isValid: true,
            createdAtMs: nowMs - minute,
            updatedAtMs: nowMs - minute,
          },
        ]
      : [],
});

const traces = Array.from({ length: 60 }, (_, index) => traceOf(index));
/** The trace of which the story shows everything. */
const shown = traceOf(1);

export const traceAnswers: Readonly<Record<string, StoryAnswer>> = {
  traces: { traces, cursor: "older" },
  [`traces/${shown.id}`]: {
    ...shown,
    clientRequestId: "req-17",
    tags: { "mlflow.traceName": "answer", "mlflow.trace.spansLocation": "TRACKING_STORE" },
    metadata: { "mlflow.source.name": "serve.py", "mlflow.trace.session": "session-1" },
    spans: traceSpans,
  },
};

export const tracePages: Readonly<Record<string, string>> = {
  traces: "/projects/airline-care/traces",
  trace: `/projects/airline-care/traces/${shown.id}`,
  "trace-failed": `/projects/airline-care/traces/${shown.id}?at=04`,
  "trace-spans": `/projects/airline-care/traces/${shown.id}?tab=table`,
  "trace-assessments": `/projects/airline-care/traces/${shown.id}?tab=assessments`,
  "trace-facts": `/projects/airline-care/traces/${shown.id}?tab=facts`,
};
