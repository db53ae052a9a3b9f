import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { TimeChart } from "../../components/charts/time-chart.tsx";
import { Choice } from "../../components/field.tsx";
import { count, day, number, share, words } from "../../components/format.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { driftQuery, monitoringQuery, qualityQuery, type MonitoringOverview } from "../../data/monitoring.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { DriftChart } from "./drift-chart.tsx";
import { MonitorCards } from "./monitor-cards.tsx";

/** Is it still good? Every value with its count, its coverage and its interval, over the time of the events. */
export function Monitoring() {
  const { project } = useParams({ from: "/projects/$project/monitoring" });
  const query = useQuery(monitoringQuery(project));
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Monitoring"
        lead="Generated from the charter. Values mature as outcomes arrive; a late outcome restates the window it belongs to."
      />
      <Answer query={query} part>
        {(overview) =>
          overview.monitors.length === 0 ? (
            <EmptyState icon="monitoring" title="Nothing to watch yet">
              <p>Monitors follow from ready_when in the charter, and begin with the first live release.</p>
            </EmptyState>
          ) : (
            <Loaded project={project} overview={overview} />
          )
        }
      </Answer>
    </>
  );
}

function Loaded({ project, overview }: { project: string; overview: MonitoringOverview }) {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const metric =
    search.metric && overview.metrics.includes(search.metric) ? search.metric : (overview.metrics[0] ?? "");
  const segment = search.segment ?? "";
  const choose = (changed: Record<string, string | undefined>) =>
    void navigate({
      to: ".",
      search: (before: Record<string, unknown>) => ({ ...before, ...changed }),
      replace: true,
      resetScroll: false,
    });
  return (
    <div className="space-y-5">
      <MonitorCards
        monitors={overview.monitors}
        chosen={{ metric, segment }}
        onChoose={(monitor) => choose({ metric: monitor.metric, segment: monitor.segment ?? undefined })}
      />
      <Panel
        title={words(metric)}
        hint={segment ? `only ${segment}` : undefined}
        actions={
          <>
            <Choice
              label="Metric"
              hideLabel
              value={metric}
              options={overview.metrics.map((name) => ({ value: name, label: words(name) }))}
              onChange={(value) => choose({ metric: value })}
            />
            {overview.segments.length > 0 && (
              <Choice
                label="Segment"
                hideLabel
                value={segment}
                options={[
                  { value: "", label: "Everyone" },
                  ...overview.segments.map((name) => ({ value: name, label: name })),
                ]}
                onChange={(value) => choose({ segment: value || undefined })}
              />
            )}
          </>
        }
      >
        <Quality project={project} metric={metric} segment={segment} marks={overview.marks} />
      </Panel>
      <Drift project={project} />
    </div>
  );
}

function Quality({
  project,
  metric,
  segment,
  marks,
}: {
  project: string;
  metric: string;
  segment: string;
  marks: MonitoringOverview["marks"];
}) {
  const query = useQuery(qualityQuery(project, metric, segment || undefined));
  return (
    <Answer query={query} skeleton={<Skeleton height={440} />}>
      {({ windows, bound, baseline }) => {
        if (windows.length === 0) return <p className="text-soft">No window has closed yet.</p>;
        const at = windows.map((window) => window.startMs);
        return (
          <div className="space-y-6">
            <TimeChart
              title={words(metric)}
              showTitle={false}
              at={at}
              height={280}
              series={[
                {
                  key: metric,
                  label: words(metric),
                  values: windows.map((window) => window.value),
                  low: windows.map((window) => window.interval?.[0] ?? null),
                  high: windows.map((window) => window.interval?.[1] ?? null),
                  n: windows.map((window) => window.n),
                },
              ]}
              thresholds={[
                ...(bound === null || bound === undefined
                  ? []
                  : [{ value: bound, label: `bound ${number(bound)}` }]),
                ...(baseline === null || baseline === undefined
                  ? []
                  : [{ value: baseline, label: `baseline ${number(baseline)}`, tone: "faint" as const }]),
              ]}
              marks={marks}
            />
            <TimeChart
              title="Coverage: share of predictions whose outcome is known"
              at={at}
              height={120}
              range={[0, 1]}
              format={(value) => share(value, 0)}
              series={[
                {
                  key: "coverage",
                  label: "coverage",
                  values: windows.map((window) => window.coverage),
                  n: windows.map((window) => window.predictions),
                  colour: 2,
                },
              ]}
            />
            <p className="text-sm text-faint">
              {count(windows.length, "window")} from {day(at[0])} to {day(windows.at(-1)?.endMs)},{" "}
              {windows.filter((window) => window.state === "provisional").length} still maturing,{" "}
              {windows.reduce((all, window) => all + window.restated, 0)} times restated by late outcomes.
            </p>
          </div>
        );
      }}
    </Answer>
  );
}

function Drift({ project }: { project: string }) {
  const query = useQuery(driftQuery(project));
  return (
    <Panel
      title="Drift"
      hint="evidence that a column is not what it was at release; it alarms at the line and not before"
    >
      <Answer query={query} skeleton={<Skeleton height={200} />}>
        {({ series }) =>
          series.length === 0 ? (
            <p className="text-soft">Not enough traffic yet.</p>
          ) : (
            <DriftChart series={series} />
          )
        }
      </Answer>
    </Panel>
  );
}
