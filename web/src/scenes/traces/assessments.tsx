import { EmptyState } from "../../components/answers.tsx";
import { Panel } from "../../components/panel.tsx";
import { RelativeTime } from "../../components/time.tsx";
import type { TraceAssessment } from "../../data/traces.ts";
import { verdict } from "./words.ts";

const kinds = { feedback: "Feedback", expectation: "Expected", issue: "Issue" } as const;
const sources: Readonly<Record<string, string>> = { HUMAN: "a person", LLM_JUDGE: "a model", CODE: "code" };

/** What people, models and code think of the trace. */
export function Assessments({ assessments }: { assessments: readonly TraceAssessment[] }) {
  return (
    <Panel>
      {assessments.length === 0 ? (
        <EmptyState
          icon="feedback"
          title="Nobody assessed this trace"
          command='mlflow.log_feedback(trace_id="…", name="correct", value=True)'
        />
      ) : (
        <AssessmentList assessments={assessments} />
      )}
    </Panel>
  );
}

export function AssessmentList({ assessments }: { assessments: readonly TraceAssessment[] }) {
  return (
    <ul className="divide-y divide-line">
      {assessments.map((assessment) => (
        <li key={assessment.id} className="py-3 text-sm first:pt-0 last:pb-0">
          <p className="flex flex-wrap items-baseline gap-x-3">
            <span className="text-faint">{kinds[assessment.kind]}</span>
            <span className="font-medium">{assessment.name}</span>
            <span
              className={`font-mono text-xs break-all whitespace-pre-wrap ${assessment.isValid ? "" : "line-through"}`}
            >
              {verdict(assessment)}
            </span>
            {!assessment.isValid && <span className="text-faint">replaced by another</span>}
          </p>
          {assessment.rationale !== null && (
            <p className="mt-1 break-words text-soft">{assessment.rationale}</p>
          )}
          {assessment.error !== null && <p className="mt-1 break-words text-bad">{assessment.error}</p>}
          <p className="mt-1 text-xs text-faint">
            by {assessment.sourceId ?? sources[assessment.sourceType] ?? assessment.sourceType.toLowerCase()},{" "}
            <RelativeTime atMs={assessment.updatedAtMs} />
          </p>
        </li>
      ))}
    </ul>
  );
}
