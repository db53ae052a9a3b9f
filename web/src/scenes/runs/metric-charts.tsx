import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { Button } from "../../components/button.tsx";
import { MetricChart, MetricDrawing } from "../../components/charts/metric-chart.tsx";
import type { MetricLine } from "../../components/charts/metric-lines.ts";
import { Choice, SearchField } from "../../components/field.tsx";
import { dateTime, duration, number } from "../../components/format.ts";
import { Panel } from "../../components/panel.tsx";
import { Stat } from "../../components/stat.tsx";
import { seriesQuery, type Series } from "../../data/runs.ts";
import { Answer } from "../../shell/answer.tsx";
import { RunLegend } from "./run-legend.tsx";

/** The runs whose metrics are drawn together; each keeps its colour in every chart. */
export interface DrawnRun {
  id: string;
  label: string;
  startedAtMs: number;
}

/**
 * One chart a metric, few at once: all that are in sight are one question, each zoom is one more, about the
 * stretch that is looked at. How they are drawn stands in the URL.
 */
export function MetricCharts({ project, runs, keys, isLive }: MetricChartsProps) {
  const [shown, setShown] = useState(chartsAtOnce);
  const [look, setLook] = useLook();
  const hidden = useMemo(() => new Set(look.hidden?.split(",")), [look.hidden]);
  const fitting = keys.filter((key) => key.toLowerCase().includes(look.needle.toLowerCase()));
  const drawn = fitting.slice(0, shown);
  const ids = runs.map((run) => run.id);
  const query = useQuery({
    ...seriesQuery(project, { runs: ids, metrics: drawn, points: pointsPerChart, axis: look.axis }),
    enabled: drawn.length > 0 && ids.length > 0,
    refetchInterval: isLive ? 5_000 : false,
    placeholderData: (before) => before,
  });
  useEffect(MetricDrawing.fetch, []);
  if (keys.length === 0) return <EmptyState icon="chart" title="No metrics were logged" />;
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-x-5 gap-y-2">
        <SearchField
          label="Find a metric"
          className="max-w-56"
          value={look.needle}
          onChange={(event) => setLook({ metric: event.target.value || undefined })}
        />
        <Choice
          label="Along"
          value={look.axis}
          onChange={(axis) => setLook({ axis: axis === "step" ? undefined : axis })}
          options={[
            { value: "step", label: "Steps" },
            { value: "time", label: "Time" },
            { value: "relative", label: "Time since start" },
          ]}
        />
        <label className="flex items-center gap-2 text-sm text-faint">
          Smoothing
          <input
            type="range"
            min={0}
            max={0.99}
            step={0.01}
            value={look.smoothing}
            onChange={(event) =>
              setLook({ smooth: Number(event.target.value) === 0 ? undefined : event.target.value })
            }
            className="w-28"
          />
          <span className="tabular w-8 text-ink">{look.smoothing.toFixed(2)}</span>
        </label>
        <label className="flex items-center gap-2 text-sm text-faint">
          <input
            type="checkbox"
            className="size-4"
            checked={look.isLog}
            onChange={(event) => setLook({ log: event.target.checked || undefined })}
          />
          Logarithmic
        </label>
      </div>
      {runs.length > 1 && (
        <RunLegend
          runs={runs}
          hidden={hidden}
          onHide={(now) => setLook({ hidden: now.size === 0 ? undefined : [...now].join(",") })}
        />
      )}
      {drawn.length === 0 ? (
        <EmptyState icon="search" title="No metric of that name" />
      ) : (
        <Answer query={query} skeleton={<Skeleton height={320} />}>
          {({ series }) => (
            <div className="grid gap-5 lg:grid-cols-2">
              {drawn.map((key) => (
                <Panel key={key}>
                  <OneMetric
                    project={project}
                    name={key}
                    runs={runs}
                    series={series.filter((each) => each.key === key && !hidden.has(each.run))}
                    look={look}
                  />
                </Panel>
              ))}
            </div>
          )}
        </Answer>
      )}
      {fitting.length > shown && (
        <div className="mt-5 text-center">
          <Button
            onClick={() => setShown(shown + chartsAtOnce)}
          >{`Show more of ${number(fitting.length)} metrics`}</Button>
        </div>
      )}
    </>
  );
}

interface MetricChartsProps {
  project: string;
  runs: readonly DrawnRun[];
  keys: readonly string[];
  /** A run is still going on: its charts are asked again now and then. */
  isLive: boolean;
}

const chartsAtOnce = 6;
const pointsPerChart = 600;
const pointsPerZoom = 1_200;

interface Look {
  /** Ids of runs that are not drawn, joined by commas. */
  hidden: string | undefined;
  axis: "step" | "time" | "relative";
  smoothing: number;
  isLog: boolean;
  needle: string;
}

function useLook(): [Look, (change: Record<string, unknown>) => void] {
  const { axis, smooth, log, metric = "", hidden } = useSearch({ strict: false });
  const navigate = useNavigate();
  const look: Look = {
    hidden,
    axis: axis === "time" || axis === "relative" ? axis : "step",
    smoothing: Math.min(0.99, Math.max(0, Number(smooth ?? 0) || 0)),
    isLog: log === true,
    needle: metric,
  };
  return [
    look,
    (change) =>
      void navigate({
        to: ".",
        search: (before: Record<string, unknown>) => ({ ...before, ...change }),
        replace: true,
        resetScroll: false,
      }),
  ];
}

function OneMetric({
  project,
  name,
  runs,
  series,
  look,
}: {
  project: string;
  name: string;
  runs: readonly DrawnRun[];
  series: readonly Series[];
  look: Look;
}) {
  const [zoomed, setZoomed] = useState<{ axis: string; range: readonly [number, number] }>();
  // A stretch of steps says nothing about time.
  const zoom = zoomed?.axis === look.axis ? zoomed.range : undefined;
  const finer = useQuery({
    ...seriesQuery(project, {
      runs: series.filter((each) => each.points > 1).map((each) => each.run),
      metrics: [name],
      points: pointsPerZoom,
      axis: look.axis,
      from: zoom?.[0],
      to: zoom?.[1],
    }),
    enabled: zoom !== undefined,
    // While the finer answer comes, the last one is drawn at the new scale.
    placeholderData: (before) => before,
  });
  const found = zoom === undefined ? series : (finer.data?.series ?? series);
  const lines = useMemo(() => {
    // While a finer answer comes, the last one may still hold a run that was hidden since.
    const drawn = new Set(series.map((each) => each.run));
    const shown = found.filter((each) => drawn.has(each.run));
    return toLines(shown, runs, look.axis);
  }, [found, series, runs, look.axis]);
  const [only] = series;
  if (series.length === 1 && only && only.points <= 1)
    return <Stat label={name} value={only.last[0] ?? null} note="logged once" />;
  return (
    <MetricChart
      title={name}
      lines={lines}
      smoothing={look.smoothing}
      isLog={look.isLog}
      isTime={look.axis === "time"}
      atLabel={look.axis === "step" ? "step" : look.axis === "time" ? "time" : "ms since start"}
      atFormat={formats[look.axis]}
      zoom={zoom}
      onZoom={(range) => setZoomed(range && { axis: look.axis, range })}
      isBusy={finer.isFetching}
      {...(series.length === 0 && { whyEmpty: "Every run is hidden: show one in the legend." })}
    />
  );
}

const formats = {
  step: (at: number) => `step ${number(at)}`,
  time: dateTime,
  relative: (at: number) => duration(at),
} as const;

function toLines(series: readonly Series[], runs: readonly DrawnRun[], axis: Look["axis"]): MetricLine[] {
  return series.flatMap((each) => {
    const order = runs.findIndex((run) => run.id === each.run);
    const run = runs[order];
    if (!run || each.step.length === 0) return [];
    const at =
      axis === "step"
        ? each.step
        : axis === "time"
          ? each.atMs
          : each.atMs.map((moment) => moment - run.startedAtMs);
    return [
      {
        key: each.run,
        label: runs.length === 1 ? each.key : run.label,
        at,
        last: each.last,
        min: each.min,
        max: each.max,
        colour: order,
      },
    ];
  });
}
