import { useRef } from "react";
import type uPlot from "uplot";
import { number } from "../format.ts";
import { useChartColours, withAlpha, type ChartColours } from "./chart-colours.ts";
import type { AlignedLine } from "./metric-lines.ts";
import { Plot } from "./plot.tsx";

/** The canvas of a MetricChart: a band and a line each, and a selection that zooms. */
export function MetricDrawing(props: MetricDrawingInput) {
  const { at, lines, isLog, isSmooth, isTime, height, zoom } = props;
  const colours = useChartColours();
  // What only answers the reader, the ways to zoom and to name a moment, draws nothing anew.
  const newest = useRef(props);
  newest.current = props;
  return (
    <Plot
      make={() => ({ options: options(newest, colours), data: toData(props) })}
      inputs={[at, lines, isLog, isSmooth, isTime, colours, height, zoom]}
      cursor={props.cursor}
      tipAt={(index) => tipAt(newest.current, index)}
    />
  );
}

export interface MetricDrawingInput {
  at: readonly number[];
  lines: readonly (AlignedLine & { smooth: readonly (number | null | undefined)[] })[];
  isLog: boolean;
  isSmooth: boolean;
  isTime: boolean;
  zoom: readonly [number, number] | undefined;
  onZoom: (zoom: readonly [number, number]) => void;
  atFormat: (at: number) => string;
  height: number;
  cursor: number | null;
}

/** A logarithm knows no zero and nothing below: such values are left out of a logarithmic chart. */
function toData({ at, lines, isLog, isTime }: MetricDrawingInput): uPlot.AlignedData {
  const shown = (values: readonly (number | null | undefined)[]) =>
    isLog ? values.map((value) => (typeof value === "number" && value <= 0 ? null : value)) : [...values];
  return [
    at.map((moment) => (isTime ? moment / 1000 : moment)),
    ...lines.flatMap((line) => [shown(line.max), shown(line.min), shown(line.smooth)]),
  ] as uPlot.AlignedData;
}

function options(
  newest: { readonly current: MetricDrawingInput },
  colours: ChartColours,
): Omit<uPlot.Options, "width"> {
  const { lines, isLog, isTime, isSmooth, height, zoom, at } = newest.current;
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  for (const line of lines) {
    const stroke = colours.series[line.colour % colours.series.length] ?? colours.accent;
    const rim = {
      stroke: withAlpha(stroke, isSmooth ? 0.3 : 0.001),
      width: 1,
      points: { show: false },
      spanGaps: false,
    };
    series.push(rim, rim, {
      label: line.label,
      stroke,
      width: isSmooth ? 2 : 1.5,
      spanGaps: false,
      points: { show: at.length < 40, size: 5, fill: stroke, stroke },
    });
    bands.push({ series: [series.length - 3, series.length - 2], fill: withAlpha(stroke, 0.18) });
  }
  const axis = { stroke: colours.faint, font: "11px system-ui, sans-serif", ticks: { show: false } };
  const scale = isTime ? 1000 : 1;
  return {
    height,
    padding: [12, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: isTime, ...(zoom ? { range: [zoom[0] / scale, zoom[1] / scale] as [number, number] } : {}) },
      y: isLog ? { distr: 3 } : { range: (_plot, low, high) => withRoom(low ?? 0, high ?? 1) },
    },
    axes: [
      {
        ...axis,
        size: 28,
        gap: 6,
        grid: { show: false },
        space: 80,
        ...(isTime ? {} : { values: ticks(newest) }),
      },
      {
        ...axis,
        size: 58,
        grid: { stroke: colours.line, width: 1 },
        values: (_plot, splits) => splits.map((value) => (value === null ? "" : number(value))),
      },
    ],
    series,
    bands,
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width: chosen } = plot.select;
          if (chosen < 4) return;
          const from = plot.posToVal(left, "x") * scale;
          const to = plot.posToVal(left + chosen, "x") * scale;
          newest.current.onZoom([Math.floor(from), Math.ceil(to)]);
        },
      ],
    },
  };
}

/** Steps as numbers, durations as what `atFormat` makes of them. */
function ticks(newest: { readonly current: MetricDrawingInput }) {
  return (_plot: uPlot, splits: number[]) =>
    splits.map((value) => newest.current.atFormat(value).replace(/^step /, ""));
}

function withRoom(low: number, high: number): [number, number] {
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - room, high + room];
}

const mostTold = 10;

function tipAt({ at, lines, atFormat }: MetricDrawingInput, index: number): string | undefined {
  const moment = at[index];
  if (moment === undefined) return undefined;
  const told = lines.filter((line) => typeof line.last[index] === "number").slice(0, mostTold);
  return [
    atFormat(moment),
    ...told.map((line) => {
      const [least, most] = [line.min[index], line.max[index]];
      const band = least === most ? "" : `  (${number(least)} to ${number(most)})`;
      return `${line.label.slice(0, 40)}  ${number(line.last[index])}${band}`;
    }),
  ].join("\n");
}
