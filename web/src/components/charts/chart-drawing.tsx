import type uPlot from "uplot";
import { useChartColours, withAlpha, type ChartColours } from "./chart-colours.ts";
import { drawMarks, drawPoints, drawSpans, drawThresholds } from "./chart-layers.ts";
import { Plot } from "./plot.tsx";
import type { ChartMark, ChartSeries, ChartSpan, ChartThreshold } from "./time-chart.tsx";

/** The canvas of a TimeChart. Milliseconds outside, seconds inside (uPlot's unit of time). */
export function ChartDrawing(props: ChartDrawingInput) {
  const { at, series, thresholds, marks, spans, height } = props;
  const colours = useChartColours();
  return (
    <Plot
      make={() => ({ options: options(props, colours), data: aligned(at, series, props.isTime) })}
      inputs={[at, series, thresholds, marks, spans, colours, height]}
      cursor={props.cursor}
      tipAt={(index) => tipAt(props, index)}
    />
  );
}

export interface ChartDrawingInput {
  at: readonly number[];
  series: readonly ChartSeries[];
  /** Every series, hidden ones too: keeps each one's colour. */
  all: readonly ChartSeries[];
  thresholds: readonly ChartThreshold[];
  marks: readonly ChartMark[];
  spans: readonly ChartSpan[];
  format: (value: number | null) => string;
  axisFormat: (value: number) => string;
  atFormat: (at: number) => string;
  height: number;
  isTime: boolean;
  cursor: number | null;
  range: readonly [number | null, number | null] | undefined;
}

function aligned(at: readonly number[], series: readonly ChartSeries[], isTime: boolean): uPlot.AlignedData {
  const x = at.map((moment) => (isTime ? moment / 1000 : moment));
  const lines = series.flatMap((line) => [
    ...(line.points ? [sure(line), unsure(line)] : [[...line.values]]),
    ...(line.low && line.high ? [[...line.high], [...line.low]] : []),
  ]);
  return [x, ...lines];
}

/** What stands already; the rest of the line is drawn by `unsure`. */
function sure({ values, points = [] }: ChartSeries): (number | null)[] {
  return values.map((value, index) => (points[index] === "hollow" ? null : value));
}

/** From the last value that stands to the ones that may still change. */
function unsure({ values, points = [] }: ChartSeries): (number | null)[] {
  const first = points.indexOf("hollow");
  return values.map((value, index) => (first !== -1 && index >= first - 1 ? value : null));
}

function options(props: ChartDrawingInput, colours: ChartColours): Omit<uPlot.Options, "width"> {
  const { series, all, thresholds, axisFormat, isTime, height } = props;
  const drawn: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  for (const line of series) {
    const index = line.colour ?? all.indexOf(line);
    const stroke = colours.series[index % colours.series.length] ?? colours.accent;
    const few = props.at.length < 40 && !line.points;
    drawn.push({
      label: line.label,
      stroke,
      width: 2,
      ...(line.dashed ? { dash: [6, 4] } : {}),
      points: { show: few, size: 5, fill: stroke, stroke },
      spanGaps: false,
    });
    if (line.points) drawn.push({ stroke, width: 2, dash: [3, 4], points: { show: false } });
    if (line.low && line.high) {
      drawn.push(
        { show: true, width: 0, points: { show: false } },
        { show: true, width: 0, points: { show: false } },
      );
      bands.push({ series: [drawn.length - 2, drawn.length - 1], fill: withAlpha(stroke, 0.16) });
    }
  }
  const axis = { stroke: colours.faint, font: "11px system-ui, sans-serif", ticks: { show: false } };
  return {
    height,
    padding: [12, 24, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 8 }, drag: { x: true, y: false } },
    scales: {
      x: { time: isTime },
      y: {
        range: (_plot, low, high) => {
          const values = [low ?? 0, high ?? 1, ...thresholds.map((each) => each.value)];
          const bottom = Math.min(...values);
          const top = Math.max(...values);
          const room = (top - bottom || Math.abs(top) || 1) * 0.08;
          const names = props.marks.length > 0 ? 2 * room : room;
          return [props.range?.[0] ?? bottom - room, props.range?.[1] ?? top + names];
        },
      },
    },
    axes: [
      {
        ...axis,
        size: (_plot, values) => (values?.some((value) => value.includes("\n")) ? 42 : 28),
        gap: 6,
        grid: { show: false },
        space: 90,
        ...(isTime ? { values: timeTicks } : {}),
      },
      {
        ...axis,
        size: 58,
        grid: { stroke: colours.line, width: 1 },
        values: (_plot, splits) => splits.map((value) => axisFormat(value)),
      },
    ],
    series: drawn,
    bands,
    hooks: {
      drawClear: [(plot) => drawSpans(plot, props.spans, colours)],
      draw: [
        (plot) => {
          drawPoints(plot, series, all, colours);
          drawThresholds(plot, thresholds, colours);
          drawMarks(plot, props.marks, isTime, colours);
        },
      ],
    },
  };
}

/** Ticks in the words of the other pages: 4 Mar, 14:00. */
function timeTicks(
  _plot: uPlot,
  splits: number[],
  _axis: number,
  _space: number,
  stepSeconds: number,
): string[] {
  let dayBefore = "";
  return splits.map((seconds) => {
    const moment = new Date(seconds * 1000);
    const date = moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
    if (stepSeconds >= 86_400) return date;
    const clock = moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    const text = date === dayBefore ? clock : `${clock}\n${date}`;
    dayBefore = date;
    return text;
  });
}

function tipAt({ at, series, format, atFormat }: ChartDrawingInput, index: number): string | undefined {
  const moment = at[index];
  if (moment === undefined) return undefined;
  return [
    atFormat(moment),
    ...series.map((each) =>
      [`${each.label}  ${format(each.values[index] ?? null)}`, each.notes?.[index]]
        .filter(Boolean)
        .join(", "),
    ),
  ].join("\n");
}
