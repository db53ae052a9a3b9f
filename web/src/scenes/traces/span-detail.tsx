import type { ReactNode } from "react";
import { CodeBlock } from "../../components/code-block.tsx";
import { duration } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import type { TraceAssessment, TraceSpan } from "../../data/traces.ts";
import { AssessmentList } from "./assessments.tsx";
import { readable, stateOf } from "./words.ts";

/** Everything of one span: what went in, what came out, what was noted on the way. */
export function SpanDetail({
  span,
  assessments,
}: {
  span: TraceSpan;
  assessments: readonly TraceAssessment[];
}) {
  const attributes = Object.entries(span.attributes);
  return (
    <Panel
      title={<span className="break-words">{span.name}</span>}
      hint={
        <>
          {span.type !== null && <span>{span.type} · </span>}
          {duration(span.durationMs)}
        </>
      }
      actions={<StateText state={stateOf(span.status)} />}
    >
      <div className="space-y-5">
        {span.statusMessage !== "" && (
          <p className="rounded-lg border border-bad-line bg-bad-wash px-3.5 py-2.5 text-sm break-words text-bad">
            {span.statusMessage}
          </p>
        )}
        {span.inputs !== null && (
          <CodeBlock label="Inputs" code={readable(span.inputs)} maximumHeight={280} />
        )}
        {span.outputs !== null && (
          <CodeBlock label="Outputs" code={readable(span.outputs)} maximumHeight={280} />
        )}
        {attributes.length > 0 && (
          <Part title="Attributes">
            <KeyValueList
              items={attributes.map(([name, value]) => ({
                name,
                value: (
                  <span className="font-mono text-xs break-all whitespace-pre-wrap">{readable(value)}</span>
                ),
              }))}
            />
          </Part>
        )}
        {span.events.length > 0 && (
          <Part title="Events">
            <ol className="space-y-2 text-sm">
              {span.events.map((event, index) => (
                <li key={index}>
                  <p>
                    {event.name} <span className="tabular text-faint">at {duration(event.offsetMs)}</span>
                  </p>
                  {Object.entries(event.attributes).map(([name, value]) => (
                    <p key={name} className="font-mono text-xs break-all whitespace-pre-wrap text-soft">
                      {name}: {readable(value)}
                    </p>
                  ))}
                </li>
              ))}
            </ol>
          </Part>
        )}
        {assessments.length > 0 && (
          <Part title="Assessments of this span">
            <AssessmentList assessments={assessments} />
          </Part>
        )}
      </div>
    </Panel>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-1 text-sm font-semibold">{title}</h3>
      {children}
    </section>
  );
}
