import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Skeleton } from "../../components/answers.tsx";
import { TimeChart } from "../../components/charts/time-chart.tsx";
import { Choice } from "../../components/field.tsx";
import { count, day, share } from "../../components/format.ts";
import { Panel } from "../../components/panel.tsx";
import { incidentsQuery } from "../../data/incidents.ts";
import { qualityQuery, type MonitoringOverview, type Window } from "../../data/monitoring.ts";
import { Answer } from "../../shell/answer.tsx";
import { metricName } from "../metrics.ts";
import { MonitorCards } from "./monitor-cards.tsx";
import { QualityChart, QualityLegend } from "./quality-chart.tsx";

const furtherMetrics = ["precision", "accuracy", "f1", "decision_share", "volume"];

/** The monitors, and the curve of the one that was chosen. */
export function Quality({ project, overview }: { project: string; overview: MonitoringOverview }) {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const shown = overview.monitors.filter((monitor) => monitor.metric !== null);
  const metrics = [...new Set([...shown.flatMap((monitor) => monitor.metric ?? []), ...furtherMetrics])];
  const metric = search.metric ?? metrics[0] ?? "recall";
  const segment = search.segment ?? "";
  const choose = (changed: Record<string, string | undefined>) =>
    void navigate({
      to: ".",
      search: (before: Record<string, unknown>) => ({ ...before, ...changed }),
      replace: true,
      resetScroll: false,
    });
  const chosen = shown.filter((each) => each.metric === metric && (each.segment ?? "") === segment);
  const bounds = [...new Set(chosen.flatMap((monitor) => monitor.bound ?? []))];
  return (
    <div className="space-y-5">
      <Panel
        title={metricName(metric)}
        hint={segment ? `only ${segment.replace("=", " ")}` : "over the time of the predictions"}
        actions={
          <>
            <Choice
              label="Metric"
              hideLabel
              value={metric}
              options={metrics.map((name) => ({ value: name, label: metricName(name) }))}
              onChange={(value) => choose({ metric: value })}
            />
            {overview.segments.length > 0 && (
              <Choice
                label="Segment"
                hideLabel
                value={segment}
                options={[
                  { value: "", label: "Everyone" },
                  ...overview.segments.map((name) => ({ value: name, label: name.replace("=", " ") })),
                ]}
                onChange={(value) => choose({ segment: value || undefined })}
              />
            )}
          </>
        }
      >
        <Curve project={project} metric={metric} segment={segment} bounds={bounds} overview={overview} />
      </Panel>
      <section aria-labelledby="monitors">
        <h2 id="monitors" className="mb-3 text-base font-semibold">
          Monitors
        </h2>
        <MonitorCards
          monitors={shown}
          chosen={{ metric, segment }}
          currency={overview.currency}
          onChoose={(monitor) => {
            choose({ metric: monitor.metric ?? undefined, segment: monitor.segment ?? undefined });
            document.querySelector("h1")?.scrollIntoView({ block: "start" });
          }}
        />
      </section>
    </div>
  );
}

interface CurveProps {
  project: string;
  metric: string;
  segment: string;
  bounds: readonly number[];
  overview: MonitoringOverview;
}

function Curve({ project, metric, segment, bounds, overview }: CurveProps) {
  const query = useQuery(qualityQuery(project, metric, segment || undefined));
  const incidents = useQuery(incidentsQuery(project));
  return (
    <Answer query={query} skeleton={<Skeleton height={440} />}>
      {(quality) =>
        quality.windows.length === 0 ? (
          <p className="text-soft">No window has closed yet.</p>
        ) : (
          <div className="space-y-5">
            <QualityChart
              metric={metric}
              quality={quality}
              bounds={bounds}
              incidents={incidents.data?.incidents ?? []}
              currency={overview.currency}
            />
            <QualityLegend windows={quality.windows} />
            {metric !== "coverage" && <CoverageChart windows={quality.windows} />}
            <Summary windows={quality.windows} />
          </div>
        )
      }
    </Answer>
  );
}

function CoverageChart({ windows }: { windows: readonly Window[] }) {
  return (
    <TimeChart
      title="Coverage: share of predictions whose outcome is known"
      at={windows.map((window) => window.startMs)}
      height={110}
      range={[0, 1]}
      format={(value) => share(value, 0)}
      series={[
        {
          key: "coverage",
          label: "coverage",
          values: windows.map((window) => window.coverage),
          n: windows.map((window) => window.predictions),
          points: windows.map((window) => (window.state === "provisional" ? "hollow" : "solid")),
          colour: 2,
        },
      ]}
    />
  );
}

function Summary({ windows }: { windows: readonly Window[] }) {
  return (
    <p className="text-sm text-faint">
      {count(windows.length, "window")} from {day(windows[0]?.startMs)} to {day(windows.at(-1)?.endMs)}, by
      the time of the predictions. A window is final once its outcomes had time to arrive.
    </p>
  );
}
