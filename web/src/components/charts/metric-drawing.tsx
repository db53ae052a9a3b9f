import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { number } from "../format.ts";
import { useSize } from "../use-size.ts";
import { useChartColours, type ChartColours } from "./chart-colours.ts";
import type { AlignedLine } from "./metric-lines.ts";

/** The canvas of a MetricChart: a band and a line each, and a selection that zooms. */
export function MetricDrawing(props: MetricDrawingInput) {
  const { at, lines, height, cursor, zoom } = props;
  const colours = useChartColours();
  const [frame, { width }] = useSize<HTMLDivElement>();
  const plot = useRef<uPlot>(null);
  const tip = useRef<HTMLDivElement>(null);
  const newest = useRef(props);
  newest.current = props;

  useEffect(() => {
    if (!frame.current || width === 0) return;
    const made = new uPlot(options(newest, colours, width, tip), toData(newest.current), frame.current);
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [at, lines, props.isLog, props.isSmooth, props.isTime, colours, width, height, frame, zoom]);

  useEffect(() => {
    const made = plot.current;
    if (!made) return;
    const moment = cursor === null ? undefined : made.data[0][cursor];
    if (moment === undefined) made.setCursor({ left: -10, top: -10 });
    else made.setCursor({ left: made.valToPos(moment, "x"), top: made.over.clientHeight / 2 });
  }, [cursor]);

  return (
    <div ref={frame} aria-hidden="true" className="absolute inset-0 overflow-hidden">
      <div
        ref={tip}
        hidden
        className="tabular pointer-events-none absolute z-10 max-w-full truncate rounded-md border border-line bg-raised px-2.5 py-1.5 text-xs whitespace-pre shadow-float"
      />
    </div>
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
  width: number,
  tip: { current: HTMLDivElement | null },
): uPlot.Options {
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
    width,
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
      setCursor: [(plot) => showTip(plot, tip.current, newest.current)],
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

function showTip(plot: uPlot, tip: HTMLDivElement | null, { at, lines, atFormat }: MetricDrawingInput): void {
  if (!tip) return;
  const index = plot.cursor.idx;
  const left = plot.cursor.left ?? -1;
  const moment = index === null || index === undefined ? undefined : at[index];
  if (left < 0 || moment === undefined || index === null || index === undefined) {
    tip.hidden = true;
    return;
  }
  const told = lines.filter((line) => typeof line.last[index] === "number").slice(0, mostTold);
  tip.textContent = [
    atFormat(moment),
    ...told.map((line) => {
      const [least, most] = [line.min[index], line.max[index]];
      const band = least === most ? "" : `  (${number(least)} to ${number(most)})`;
      return `${line.label.slice(0, 40)}  ${number(line.last[index])}${band}`;
    }),
  ].join("\n");
  tip.hidden = false;
  const x = plot.over.offsetLeft + left;
  tip.style.left = `${Math.max(0, left > plot.over.clientWidth / 2 ? x - tip.offsetWidth - 12 : x + 12)}px`;
  tip.style.top = `${plot.over.offsetTop + 8}px`;
}

function withAlpha(colour: string, alpha: number): string {
  return colour.replace(/^rgb\((.*)\)$/, `rgb($1 / ${alpha})`).replaceAll(",", " ");
}
