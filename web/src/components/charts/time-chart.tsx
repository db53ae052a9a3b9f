import { useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { IconButton } from "../button.tsx";
import { dateTime, number } from "../format.ts";
import { later } from "../later.tsx";
import { ChartTable } from "./chart-table.tsx";
import { downloadCsv } from "./csv.ts";
import { LineLegend } from "./line-legend.tsx";

/** uPlot comes with the first chart, not with the page. */
const Drawing = later(
  async () => (await import("./chart-drawing.tsx")).ChartDrawing,
  <div className="breathing size-full rounded-md bg-idle-wash" />,
);

/**
 * Lines over time (or over steps). Each series may carry a band of uncertainty; thresholds are
 * horizontal, marks vertical. Left and right arrow move a cursor and announce the values, Home and
 * End jump; the same numbers stand in a table and a CSV file.
 */
export function TimeChart(props: TimeChartProps) {
  const {
    title,
    at,
    series,
    marks = [],
    format = number,
    atFormat = dateTime,
    height = 240,
    atLabel = "time",
  } = props;
  const [asTable, setAsTable] = useState(false);
  const [cursor, setCursor] = useState<number | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const announcer = useRef<HTMLParagraphElement>(null);
  const hint = useId();
  const shown = useMemo(() => series.filter((line) => !hidden.has(line.key)), [series, hidden]);

  const tell = (index: number) => {
    setCursor(index);
    const moment = at[index];
    if (moment === undefined || !announcer.current) return;
    const values = shown.map((line) => `${line.label} ${withInterval(line, index, format)}`);
    const near = marks.filter((mark) => mark.atMs <= moment && mark.atMs > (at[index - 1] ?? -Infinity));
    announcer.current.textContent = [atFormat(moment), ...values, ...near.map((mark) => mark.label)].join(
      "; ",
    );
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const last = at.length - 1;
    const from = cursor ?? last + (event.key === "ArrowLeft" ? 1 : 0);
    const next = { ArrowLeft: from - 1, ArrowRight: (cursor ?? -1) + 1, Home: 0, End: last }[event.key];
    if (next === undefined || last < 0) return;
    event.preventDefault();
    tell(Math.min(last, Math.max(0, next)));
  };

  return (
    <figure className="min-w-0">
      <figcaption className="mb-2 flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
          {props.showTitle !== false && <span className="font-medium">{title}</span>}
          {series.length > 1 && (
            <LineLegend
              lines={series.map((line, index) => ({ ...line, colour: line.colour ?? index }))}
              hidden={hidden}
              onHide={setHidden}
            />
          )}
        </div>
        <div className="-my-1 flex">
          <IconButton
            icon={asTable ? "chart" : "table"}
            label={asTable ? "Show as chart" : "Show as table"}
            onClick={() => setAsTable(!asTable)}
          />
          <IconButton
            icon="download"
            label="Download CSV"
            onClick={() => downloadCsv(title, csvRows(props, atLabel))}
          />
        </div>
      </figcaption>
      {asTable ? (
        <ChartTable
          title={title}
          at={at}
          lines={series}
          cell={(line, row) => withInterval(series[line], row, format)}
          atFormat={atFormat}
          atLabel={atLabel}
          height={height}
        />
      ) : (
        <div
          role="group"
          tabIndex={0}
          aria-label={`Chart: ${title}`}
          aria-describedby={hint}
          onKeyDown={onKeyDown}
          onBlur={() => setCursor(null)}
          className="relative rounded-md outline-offset-4"
          style={{ height }}
        >
          <p id={hint} className="sr-only">
            {`${at.length} points. Arrow keys move along the chart.`}
          </p>
          <Drawing
            at={at}
            series={shown}
            all={series}
            thresholds={props.thresholds ?? []}
            marks={marks}
            spans={props.spans ?? noSpans}
            format={format}
            axisFormat={props.axisFormat ?? format}
            atFormat={atFormat}
            height={height}
            isTime={props.isTime ?? true}
            cursor={cursor}
            range={props.range}
          />
        </div>
      )}
      <p ref={announcer} aria-live="polite" className="sr-only" />
    </figure>
  );
}

const noSpans: readonly ChartSpan[] = [];

export interface TimeChartProps {
  title: string;
  showTitle?: boolean;
  /** Where each value stands: UTC milliseconds, or steps with `isTime={false}`; ascending. */
  at: readonly number[];
  series: readonly ChartSeries[];
  thresholds?: readonly ChartThreshold[];
  marks?: readonly ChartMark[];
  /** Stretches of the horizontal axis that are shaded: while something was wrong. */
  spans?: readonly ChartSpan[];
  format?: (value: number | null) => string;
  /** Writes the vertical axis, where a unit would only repeat itself; by default as the values. */
  axisFormat?: (value: number) => string;
  atFormat?: (at: number) => string;
  atLabel?: string;
  isTime?: boolean;
  height?: number;
  /** Fixed limits of the vertical axis; by default they follow the values. */
  range?: readonly [number | null, number | null];
}

export interface ChartSeries {
  key: string;
  label: string;
  values: readonly (number | null)[];
  low?: readonly (number | null)[];
  high?: readonly (number | null)[];
  /** The count behind each value, for the table and the CSV file. */
  n?: readonly (number | null)[];
  /**
   * How sure each value is already: from the first hollow one on the line is dashed; a ring tells that a
   * value was changed afterwards.
   */
  points?: readonly ("solid" | "hollow" | "ringed")[];
  /** A word beside a value, for the table, the CSV file and whoever listens. */
  notes?: readonly (string | null)[];
  dashed?: boolean;
  /** Position in the palette, to keep a colour when series come and go. */
  colour?: number;
}

export interface ChartThreshold {
  value: number;
  label: string;
  /** `bad` for a bound, `faint` for a comparison. */
  tone?: "bad" | "faint";
}

export interface ChartSpan {
  fromMs: number;
  /** `null`: it goes on. */
  toMs: number | null;
}

export interface ChartMark {
  atMs: number;
  label: string;
  tone?: "bad" | "good" | "accent";
}

function withInterval(
  line: ChartSeries | undefined,
  index: number,
  format: (value: number | null) => string,
): string {
  if (line === undefined) return "";
  const value = format(line.values[index] ?? null);
  const low = line.low?.[index];
  const high = line.high?.[index];
  const n = line.n?.[index];
  const note = line.notes?.[index];
  const interval =
    low === null || low === undefined || high === null || high === undefined
      ? ""
      : ` (${format(low)} to ${format(high)})`;
  return [`${value}${interval}`, typeof n === "number" && `n ${number(n)}`, note].filter(Boolean).join(", ");
}

function csvRows(
  { at, series, isTime = true }: TimeChartProps,
  atLabel: string,
): readonly (readonly unknown[])[] {
  const head = series.flatMap((line) => [
    line.key,
    ...(line.low ? [`${line.key}_low`, `${line.key}_high`] : []),
    ...(line.n ? [`${line.key}_n`] : []),
    ...(line.notes ? [`${line.key}_note`] : []),
  ]);
  const rows = at.map((moment, index) => [
    isTime ? new Date(moment).toISOString() : moment,
    ...series.flatMap((line) => [
      line.values[index],
      ...(line.low ? [line.low[index], line.high?.[index]] : []),
      ...(line.n ? [line.n[index]] : []),
      ...(line.notes ? [line.notes[index]] : []),
    ]),
  ]);
  return [[atLabel, ...head], ...rows];
}
