import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Skeleton } from "../../components/answers.tsx";
import { TimeChart, type ChartMark } from "../../components/charts/time-chart.tsx";
import { Choice } from "../../components/field.tsx";
import { count, day, number, share, words } from "../../components/format.ts";
import { Panel } from "../../components/panel.tsx";
import { qualityQuery, type Monitor, type MonitoringOverview, type Window } from "../../data/monitoring.ts";
import { releasesQuery, type Release } from "../../data/releases.ts";
import { Answer } from "../../shell/answer.tsx";
import { MonitorCards } from "./monitor-cards.tsx";

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
  const monitor = shown.find((each) => each.metric === metric && (each.segment ?? "") === segment);
  return (
    <div className="space-y-5">
      <MonitorCards
        monitors={shown}
        chosen={{ metric, segment }}
        onChoose={(chosen) =>
          choose({ metric: chosen.metric ?? undefined, segment: chosen.segment ?? undefined })
        }
      />
      <Panel
        title={words(metric)}
        hint={segment ? `only ${segment.replace("=", " ")}` : undefined}
        actions={
          <>
            <Choice
              label="Metric"
              hideLabel
              value={metric}
              options={metrics.map((name) => ({ value: name, label: words(name) }))}
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
        <Curve project={project} metric={metric} segment={segment} monitor={monitor} overview={overview} />
      </Panel>
    </div>
  );
}

interface CurveProps {
  project: string;
  metric: string;
  segment: string;
  monitor: Monitor | undefined;
  overview: MonitoringOverview;
}

function Curve({ project, metric, segment, monitor, overview }: CurveProps) {
  const query = useQuery(qualityQuery(project, metric, segment || undefined));
  const releases = useQuery(releasesQuery(project));
  const bound = monitor?.bound ?? null;
  return (
    <Answer query={query} skeleton={<Skeleton height={440} />}>
      {({ windows }) =>
        windows.length === 0 ? (
          <p className="text-soft">No window has closed yet.</p>
        ) : (
          <div className="space-y-6">
            <TimeChart
              title={words(metric)}
              showTitle={false}
              at={windows.map((window) => window.startMs)}
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
              thresholds={bound === null ? [] : [{ value: bound, label: `bound ${number(bound)}` }]}
              marks={marksOf(releases.data?.releases ?? [], overview)}
            />
            <TimeChart
              title="Coverage: share of predictions whose outcome is known"
              at={windows.map((window) => window.startMs)}
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
            <Summary windows={windows} />
          </div>
        )
      }
    </Answer>
  );
}

function Summary({ windows }: { windows: readonly Window[] }) {
  const restated = windows.reduce((all, window) => all + window.restated, 0);
  return (
    <p className="text-sm text-faint">
      {count(windows.length, "window")} from {day(windows[0]?.startMs)} to {day(windows.at(-1)?.endMs)},{" "}
      {windows.filter((window) => window.state === "provisional").length} still maturing,{" "}
      {count(restated, "time")} restated by late outcomes.
    </p>
  );
}

/** What happened to the product, over its curve: versions going live, versions taken back, trouble beginning. */
function marksOf(releases: readonly Release[], overview: MonitoringOverview): ChartMark[] {
  return [
    ...releases.flatMap((release): ChartMark[] => [
      ...(release.liveAtMs === null
        ? []
        : [{ atMs: release.liveAtMs, label: `v${release.number} live`, tone: "good" as const }]),
      ...(release.state === "rolled_back" && release.endedAtMs !== null
        ? [{ atMs: release.endedAtMs, label: `v${release.number} back`, tone: "bad" as const }]
        : []),
    ]),
    ...overview.openIncidents.map((incident): ChartMark => ({
      atMs: incident.onsetMs,
      label: "trouble begins",
      tone: "bad",
    })),
  ];
}
