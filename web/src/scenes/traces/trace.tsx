import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { CopyButton } from "../../components/code-block.tsx";
import { dateTime, duration, number } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { TextLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { traceQuery, type TraceDetail } from "../../data/traces.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { Assessments } from "./assessments.tsx";
import { SpanDetail } from "./span-detail.tsx";
import { SpanTable } from "./span-table.tsx";
import { Waterfall } from "./waterfall.tsx";
import { stateOf } from "./words.ts";

const tabs = ["timeline", "table", "assessments", "facts"] as const;

/** One request: what was done for it, in which order, how long each piece took, and what was thought of it. */
export function TracePage() {
  const { project, trace: id } = useParams({ from: "/projects/$project/traces/$trace" });
  const { tab } = useSearch({ strict: false });
  const query = useQuery(traceQuery(project, id));
  const current = tabs.find((each) => each === tab) ?? "timeline";
  return (
    <Answer query={query}>
      {(trace) => (
        <>
          <PageHeader
            crumbs={crumbs(project, "traces")}
            title={trace.name || trace.id}
            state={<StateBadge state={stateOf(trace.state)} />}
            meta={<Meta project={project} trace={trace} />}
          />
          <Tabs
            label="Views of this trace"
            current={current}
            items={[
              { value: "timeline", label: "Timeline" },
              { value: "table", label: "Spans", count: trace.spans.length },
              { value: "assessments", label: "Assessments", count: trace.assessments.length },
              { value: "facts", label: "Facts" },
            ]}
          />
          {current === "timeline" && <Timeline trace={trace} />}
          {current === "table" && <SpanTable spans={trace.spans} />}
          {current === "assessments" && <Assessments assessments={trace.assessments} />}
          {current === "facts" && <Facts trace={trace} />}
        </>
      )}
    </Answer>
  );
}

function Meta({ project, trace }: { project: string; trace: TraceDetail }) {
  return (
    <>
      <span>{dateTime(trace.startedAtMs)}</span>
      {trace.durationMs !== null && <span>took {duration(trace.durationMs)}</span>}
      {trace.tokens !== null && <span>{number(trace.tokens)} tokens</span>}
      {trace.user !== null && <span>for {trace.user}</span>}
      {trace.session !== null && <span>in session {trace.session}</span>}
      {trace.runId !== null && (
        <TextLink to="/projects/$project/runs/$run" params={{ project, run: trace.runId }}>
          run {trace.runId.slice(0, 8)}
        </TextLink>
      )}
      <span className="inline-flex items-center">
        <code className="font-mono text-xs">{trace.id}</code>
        <CopyButton text={trace.id} label="Copy the trace's id" className="-my-2" />
      </span>
    </>
  );
}

/** Left what happened when, right the span that was chosen; the URL holds which. */
function Timeline({ trace }: { trace: TraceDetail }) {
  const { at } = useSearch({ strict: false });
  const navigate = useNavigate();
  const chosen = trace.spans.find((span) => span.id === at) ?? trace.spans[0];
  const about = useMemo(
    () => trace.assessments.filter((assessment) => assessment.spanId === chosen?.id),
    [trace.assessments, chosen?.id],
  );
  if (chosen === undefined)
    return (
      <Panel>
        <EmptyState icon="traces" title="No span has arrived">
          <p>The trace was announced; its spans may still come, or lie in a file of the trace.</p>
        </EmptyState>
      </Panel>
    );
  return (
    <div className="grid gap-5 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <Panel title="What happened when" flush>
        <Waterfall
          spans={trace.spans}
          chosen={chosen.id}
          onChoose={(span) =>
            void navigate({
              to: ".",
              search: (before: Record<string, unknown>) => ({ ...before, at: span }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      </Panel>
      <SpanDetail span={chosen} assessments={about} />
    </div>
  );
}

function Facts({ trace }: { trace: TraceDetail }) {
  const list = (record: Record<string, string>) =>
    Object.entries(record).map(([name, value]) => ({
      name,
      value: <span className="break-all">{value}</span>,
    }));
  return (
    <div className="grid gap-5 xl:grid-cols-2">
      <Panel title="Tags" hint="may change">
        <KeyValueList items={list(trace.tags)} />
      </Panel>
      <Panel title="Metadata" hint="said once, by who recorded it">
        <KeyValueList
          items={[
            { name: "Client's request", value: trace.clientRequestId ?? undefined },
            ...list(trace.metadata),
          ]}
        />
      </Panel>
    </div>
  );
}
