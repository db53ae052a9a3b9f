import { useInfiniteQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { EmptyState, ErrorState, Skeleton } from "../../components/answers.tsx";
import { ColumnsMenu, DataTable, type Column } from "../../components/data-table.tsx";
import { count, duration, number } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { MoreRows } from "../../components/more-rows.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { SearchForm } from "../../components/search-form.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import { ApiProblem } from "../../data/client.ts";
import { tracesQuery, type TraceSummary } from "../../data/traces.ts";
import { Answer } from "../../shell/answer.tsx";
import { useView } from "../../shell/use-view.ts";
import { crumbs } from "../crumbs.tsx";
import { stateOf, verdict } from "./words.ts";

const hint = `import mlflow
mlflow.set_tracking_uri("$GYRE_URL")
mlflow.set_experiment("PROJECT")

@mlflow.trace
def answer(question): ...`;

/** What applications did, newest first, found by everything that is known of a trace. */
export function Traces() {
  const { project } = useParams({ from: "/projects/$project/traces" });
  const [{ filter }, change] = useView();
  const query = useInfiniteQuery(tracesQuery(project, filter));
  const [view, setView] = useTableView();
  const columns = useMemo(() => traceColumns(project), [project]);
  const refused = query.error instanceof ApiProblem && query.error.status === 400 ? query.error : undefined;
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Traces"
        lead="What applications did, request by request, and what was thought of it."
      />
      <Panel
        title="Newest traces"
        hint={query.data && count(query.data.pages.flatMap((page) => page.traces).length, "trace")}
        flush
        actions={
          <>
            <SearchForm
              label="Filter traces"
              placeholder="status = 'ERROR' and span.name like '%search%'"
              className="w-56 font-mono sm:w-96"
              current={filter}
              onSearch={(text) => change({ filter: text })}
            />
            <ColumnsMenu columns={columns} view={view} onView={setView} />
          </>
        }
      >
        {refused ? (
          <ErrorState title="The filter cannot be read" problem={refused} />
        ) : (
          <Answer query={query} part skeleton={<Skeleton lines={8} className="p-5" />}>
            {({ pages }) => (
              <>
                <DataTable
                  label="Traces"
                  rows={pages.flatMap((page) => page.traces)}
                  columns={columns}
                  rowKey={(trace) => trace.id}
                  view={view}
                  onView={setView}
                  empty={
                    filter ? (
                      <EmptyState icon="search" title="No trace fits the filter" />
                    ) : (
                      <EmptyState
                        icon="traces"
                        title="Nothing traced yet"
                        command={hint.replace("PROJECT", project)}
                      >
                        <p>Decorate a function with the mlflow client, or send OpenTelemetry here.</p>
                      </EmptyState>
                    )
                  }
                />
                <MoreRows query={query}>Show older traces</MoreRows>
              </>
            )}
          </Answer>
        )}
      </Panel>
    </>
  );
}

function traceColumns(project: string): Column<TraceSummary>[] {
  return [
    {
      id: "name",
      header: "Trace",
      value: (trace) => trace.name || trace.id,
      cell: (trace) => (
        <RowLink to="/projects/$project/traces/$trace" params={{ project, trace: trace.id }}>
          {trace.name || trace.id}
        </RowLink>
      ),
    },
    {
      id: "state",
      header: "State",
      value: (trace) => trace.state,
      cell: (trace) => <StateText state={stateOf(trace.state)} />,
    },
    {
      id: "started",
      header: "Started",
      value: (trace) => trace.startedAtMs,
      cell: (trace) => <RelativeTime atMs={trace.startedAtMs} />,
    },
    {
      id: "took",
      header: "Took",
      align: "right",
      value: (trace) => trace.durationMs,
      cell: (trace) => duration(trace.durationMs),
    },
    {
      id: "assessments",
      header: "Assessed",
      value: (trace) => assessed(trace),
      sortable: false,
    },
    {
      id: "tokens",
      header: "Tokens",
      align: "right",
      value: (trace) => trace.tokens,
      cell: (trace) => number(trace.tokens),
    },
    {
      id: "request",
      header: "Request",
      value: (trace) => trace.requestPreview,
      cell: (trace) => <span title={trace.requestPreview ?? undefined}>{trace.requestPreview ?? "–"}</span>,
    },
    {
      id: "response",
      header: "Response",
      value: (trace) => trace.responsePreview,
      cell: (trace) => <span title={trace.responsePreview ?? undefined}>{trace.responsePreview ?? "–"}</span>,
    },
    { id: "session", header: "Session", value: (trace) => trace.session, hidden: true },
    { id: "user", header: "User", value: (trace) => trace.user, hidden: true },
    { id: "id", header: "Id", value: (trace) => trace.id, hidden: true },
  ];
}

function assessed(trace: TraceSummary): string | null {
  const valid = trace.assessments.filter((assessment) => assessment.isValid);
  return valid.length === 0 ? null : valid.map((one) => `${one.name}: ${verdict(one)}`).join(", ");
}
