import { useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { IconButton } from "../button.tsx";
import { number } from "../format.ts";
import { later } from "../later.tsx";
import { ChartTable } from "./chart-table.tsx";
import { downloadCsv } from "./csv.ts";
import { align, smoothed, type AlignedLine, type MetricLine } from "./metric-lines.ts";

/** uPlot comes with the first chart, not with the page: fetch it while the first numbers are asked for. */
export const MetricDrawing = later(
  async () => (await import("./metric-drawing.tsx")).MetricDrawing,
  <div className="breathing size-full rounded-md bg-idle-wash" />,
);

/**
 * One metric of one or several runs. Around each line lies the band from the least to the greatest value of
 * each stretch, smoothed or not, so that no extreme is hidden. A stretch chosen by dragging, by the buttons,
 * by + and -, or as numbers is asked for again by `onZoom`. Arrow keys move a cursor and tell the values.
 */
export function MetricChart(props: MetricChartProps) {
  const { title, lines, smoothing, zoom, onZoom, atFormat, height = 220 } = props;
  const [asTable, setAsTable] = useState(false);
  const [cursor, setCursor] = useState<number | null>(null);
  const announcer = useRef<HTMLParagraphElement>(null);
  const hint = useId();
  const { at, lines: aligned } = useMemo(() => align(lines), [lines]);
  const drawn = useMemo(
    () => aligned.map((line) => ({ ...line, smooth: smoothed(line.last, smoothing) })),
    [aligned, smoothing],
  );

  const tell = (index: number) => {
    setCursor(index);
    const moment = at[index];
    if (moment === undefined || !announcer.current) return;
    announcer.current.textContent = [
      atFormat(moment),
      ...aligned.slice(0, 8).map((line) => say(line, index)),
    ].join("; ");
  };
  const resize = (factor: number) => {
    const [from, to] = zoom ?? [at[0] ?? 0, at.at(-1) ?? 0];
    const middle = cursor === null ? (from + to) / 2 : (at[cursor] ?? (from + to) / 2);
    const half = ((to - from) * factor) / 2;
    if (half > 0) onZoom([Math.floor(middle - half), Math.ceil(middle + half)]);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const last = at.length - 1;
    const next = {
      ArrowLeft: (cursor ?? last + 1) - 1,
      ArrowRight: (cursor ?? -1) + 1,
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === "+" || event.key === "=") resize(0.5);
    else if (event.key === "-") resize(2);
    else if (event.key === "0") onZoom(undefined);
    else if (next !== undefined && last >= 0) tell(Math.min(last, Math.max(0, next)));
    else return;
    event.preventDefault();
  };

  return (
    <figure className="min-w-0">
      <figcaption className="mb-2 flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <span className="min-w-0 text-sm font-medium break-words">{title}</span>
        <div className="-my-1 flex">
          <IconButton icon="plus" label="Zoom in" onClick={() => resize(0.5)} />
          <IconButton icon="minus" label="Zoom out" onClick={() => resize(2)} />
          {zoom && <IconButton icon="cross" label="Show all of it" onClick={() => onZoom(undefined)} />}
          <IconButton
            icon={asTable ? "chart" : "table"}
            label={asTable ? "Show as chart" : "Show as table"}
            onClick={() => setAsTable(!asTable)}
          />
          <IconButton
            icon="download"
            label="Download CSV"
            onClick={() => downloadCsv(title, rowsOf(at, aligned, props.atLabel))}
          />
        </div>
      </figcaption>
      {asTable ? (
        <ChartTable
          title={title}
          at={at}
          lines={aligned}
          atFormat={atFormat}
          atLabel={props.atLabel}
          height={height}
          cell={(line, row) => cellOf(aligned[line], row)}
          rowsAtOnce={rowsAtOnce}
        />
      ) : (
        <div
          role="group"
          tabIndex={0}
          aria-label={`Chart: ${title}`}
          aria-describedby={hint}
          aria-busy={props.isBusy || undefined}
          onKeyDown={onKeyDown}
          onBlur={() => setCursor(null)}
          className="relative rounded-md outline-offset-4"
          style={{ height }}
        >
          <p id={hint} className="sr-only">
            {`${at.length} stretches. Arrow keys move along the chart, plus and minus zoom, 0 shows all of it.`}
          </p>
          {at.length === 0 && (
            <p className="absolute inset-0 z-10 grid place-items-center text-sm text-faint">
              {props.whyEmpty ?? "No values in this stretch."}
            </p>
          )}
          <MetricDrawing
            at={at}
            lines={drawn}
            isLog={props.isLog}
            isSmooth={smoothing > 0}
            isTime={props.isTime}
            zoom={zoom}
            onZoom={onZoom}
            atFormat={atFormat}
            height={height}
            cursor={cursor}
          />
        </div>
      )}
      {zoom && <ZoomFields key={zoom.join()} zoom={zoom} onZoom={onZoom} label={props.atLabel} />}
      <p ref={announcer} aria-live="polite" className="sr-only" />
    </figure>
  );
}

export interface MetricChartProps {
  title: string;
  lines: readonly MetricLine[];
  /** 0 for none, towards 1 for more. */
  smoothing: number;
  isLog: boolean;
  /** The axis is time; otherwise steps, or milliseconds since a beginning. */
  isTime: boolean;
  atFormat: (at: number) => string;
  atLabel: string;
  zoom: readonly [number, number] | undefined;
  onZoom: (zoom: readonly [number, number] | undefined) => void;
  /** A finer answer for this stretch is on its way. */
  isBusy?: boolean;
  /** What is said in place of lines; a stretch without values needs no reason. */
  whyEmpty?: string;
  height?: number;
}

/** The stretch as two numbers: what dragging does, without dragging. */
function ZoomFields({
  zoom,
  onZoom,
  label,
}: {
  zoom: readonly [number, number];
  onZoom: MetricChartProps["onZoom"];
  label: string;
}) {
  const [from, setFrom] = useState(String(zoom[0]));
  const [to, setTo] = useState(String(zoom[1]));
  const input = (name: string, value: string, set: (text: string) => void) => (
    <label className="flex items-center gap-1.5">
      {name}
      <input
        inputMode="decimal"
        value={value}
        onChange={(event) => set(event.target.value)}
        className="h-7 w-32 rounded-md border border-control bg-panel px-2 text-ink tabular-nums"
      />
    </label>
  );
  return (
    <form
      className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-faint"
      onSubmit={(event) => {
        event.preventDefault();
        if (Number(to) > Number(from)) onZoom([Number(from), Number(to)]);
      }}
    >
      {input(`${label} from`, from, setFrom)}
      {input("to", to, setTo)}
      <button type="submit" className="h-7 rounded-md px-2 text-accent hover:bg-hover">
        Show
      </button>
    </form>
  );
}

const rowsAtOnce = 200;

function cellOf(line: AlignedLine | undefined, index: number): string {
  if (line === undefined) return "";
  const [least, most] = [line.min[index], line.max[index]];
  const value = number(line.last[index]);
  const isBand = typeof least === "number" && typeof most === "number" && least !== most;
  return isBand ? `${value} (${number(least)} to ${number(most)})` : value;
}

function say(line: AlignedLine, index: number): string {
  return `${line.label} ${cellOf(line, index)}`;
}

function rowsOf(
  at: readonly number[],
  lines: readonly AlignedLine[],
  atLabel: string,
): readonly (readonly unknown[])[] {
  return [
    [atLabel, ...lines.flatMap(({ label }) => [label, `${label}_min`, `${label}_max`])],
    ...at.map((moment, index) => [
      moment,
      ...lines.flatMap((line) => [line.last[index], line.min[index], line.max[index]]),
    ]),
  ];
}
