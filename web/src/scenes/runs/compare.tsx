import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { EmptyState } from "../../components/answers.tsx";
import { count } from "../../components/format.ts";
import { ButtonLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { comparisonQuery, type Comparison } from "../../data/runs.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { CompareSweep } from "./compare-sweep.tsx";
import { CompareTable } from "./compare-table.tsx";
import { MetricCharts } from "./metric-charts.tsx";
import { toOrder } from "./table-state.ts";

const tabs = ["differences", "charts", "sweep"] as const;

/** Any number of runs side by side: those named in the address, or the first that its filter finds. */
export function CompareRuns() {
  const { project } = useParams({ from: "/projects/$project/runs/compare" });
  const { tab, runs, filter, sort = "-started" } = useSearch({ strict: false });
  const ids = runs?.split(",");
  const query = useQuery({
    ...comparisonQuery(project, { ids, filter, order: toOrder(sort) }),
    enabled: ids !== undefined || filter !== undefined,
  });
  const current = tabs.find((each) => each === tab) ?? "differences";
  return (
    <>
      <PageHeader
        crumbs={crumbs(project, "runs")}
        title="Compare runs"
        meta={query.data && <span>{count(query.data.runs.length, "run")}</span>}
      />
      {ids === undefined && filter === undefined ? (
        <EmptyState
          icon="runs"
          title="No runs were chosen"
          actions={
            <ButtonLink to="/projects/$project/runs" params={{ project }} look="primary">
              Choose some
            </ButtonLink>
          }
        >
          <p>Choose runs in the table, or filter it, and compare them from there.</p>
        </EmptyState>
      ) : (
        <Answer query={query} part>
          {(compared) => (
            <>
              <Tabs
                label="Ways to compare"
                current={current}
                items={[
                  { value: "differences", label: "Differences" },
                  { value: "charts", label: "Charts", count: compared.metrics.length },
                  { value: "sweep", label: "Sweep" },
                ]}
              />
              {current === "differences" && <CompareTable project={project} compared={compared} />}
              {current === "charts" && <Charts project={project} compared={compared} />}
              {current === "sweep" && <Sweep project={project} compared={compared} />}
            </>
          )}
        </Answer>
      )}
    </>
  );
}

// More lines than this tell nothing apart; the sweep shows all.
const mostLines = 60;

function Charts({ project, compared }: { project: string; compared: Comparison }) {
  const drawn = compared.runs.slice(0, mostLines);
  return (
    <>
      {compared.runs.length > mostLines && (
        <p className="mb-3 text-sm text-faint">
          The first {mostLines} of {compared.runs.length} runs are drawn; the sweep shows all of them.
        </p>
      )}
      <MetricCharts
        project={project}
        runs={drawn.map(({ id, name, startedAtMs }) => ({ id, label: name || id.slice(0, 8), startedAtMs }))}
        keys={compared.metrics.map(({ key }) => key)}
        isLive={drawn.some((run) => run.status === "running")}
      />
    </>
  );
}

function Sweep({ project, compared }: { project: string; compared: Comparison }) {
  const navigate = useNavigate();
  return (
    <CompareSweep
      compared={compared}
      onOpen={(run) => void navigate({ to: "/projects/$project/runs/$run", params: { project, run } })}
    />
  );
}
