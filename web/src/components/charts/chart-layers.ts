import uPlot from "uplot";
import type { ChartColours } from "./chart-colours.ts";
import type { ChartMark, ChartSeries, ChartSpan, ChartThreshold } from "./time-chart.tsx";

/** Stretches during which something was wrong, behind everything else. */
export function drawSpans(plot: uPlot, spans: readonly ChartSpan[], colours: ChartColours): void {
  const { ctx, bbox } = plot;
  const place = (atMs: number) => plot.valToPos(atMs / 1000, "x", true);
  const end = bbox.left + bbox.width;
  ctx.save();
  ctx.fillStyle = colours.bad;
  ctx.globalAlpha = 0.07;
  for (const span of spans) {
    const from = Math.max(bbox.left, place(span.fromMs));
    const to = Math.min(end, span.toMs === null ? end : place(span.toMs));
    if (to > from) ctx.fillRect(from, bbox.top, to - from, bbox.height);
  }
  ctx.restore();
}

/** The values of a series whose points tell how sure they are: filled, hollow, or with a ring. */
export function drawPoints(
  plot: uPlot,
  series: readonly ChartSeries[],
  all: readonly ChartSeries[],
  colours: ChartColours,
): void {
  const { ctx } = plot;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.lineWidth = 1.5 * ratio;
  ctx.setLineDash([]);
  for (const line of series) {
    if (!line.points) continue;
    const colour =
      colours.series[(line.colour ?? all.indexOf(line)) % colours.series.length] ?? colours.accent;
    ctx.strokeStyle = colour;
    for (const [index, look] of line.points.entries()) {
      const value = line.values[index];
      const seconds = plot.data[0][index];
      if (value === null || value === undefined || seconds === undefined) continue;
      const x = plot.valToPos(seconds, "x", true);
      const y = plot.valToPos(value, "y", true);
      ctx.fillStyle = look === "hollow" ? colours.panel : colour;
      circle(ctx, x, y, 3 * ratio);
      ctx.fill();
      ctx.stroke();
      if (look !== "ringed") continue;
      circle(ctx, x, y, 6 * ratio);
      ctx.stroke();
    }
  }
  ctx.restore();
}

export function drawThresholds(
  plot: uPlot,
  thresholds: readonly ChartThreshold[],
  colours: ChartColours,
): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.lineWidth = ratio;
  ctx.textAlign = "left";
  ctx.setLineDash([5 * ratio, 4 * ratio]);
  for (const threshold of thresholds) {
    const y = plot.valToPos(threshold.value, "y", true);
    ctx.strokeStyle = colours[threshold.tone ?? "bad"];
    ctx.fillStyle = ctx.strokeStyle;
    line(ctx, bbox.left, y, bbox.left + bbox.width, y);
    write(ctx, threshold.label, bbox.left + 6 * ratio, y - 5 * ratio, colours.panel);
  }
  ctx.restore();
}

/** Moments with a name; names that would touch go one row down. */
export function drawMarks(
  plot: uPlot,
  marks: readonly ChartMark[],
  isTime: boolean,
  colours: ChartColours,
): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const right = bbox.left + bbox.width;
  const rowEnds: number[] = [];
  ctx.save();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.lineWidth = ratio;
  ctx.textAlign = "left";
  for (const mark of marks.toSorted((a, b) => a.atMs - b.atMs)) {
    const x = plot.valToPos(isTime ? mark.atMs / 1000 : mark.atMs, "x", true);
    if (x < bbox.left || x > right) continue;
    ctx.strokeStyle = colours[mark.tone ?? "accent"];
    ctx.fillStyle = ctx.strokeStyle;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    line(ctx, x, bbox.top, x, bbox.top + bbox.height);
    const width = ctx.measureText(mark.label).width;
    const from = x + 5 * ratio + width > right ? x - 5 * ratio - width : x + 5 * ratio;
    const free = rowEnds.findIndex((end) => end < from);
    const row = free === -1 ? rowEnds.length : free;
    rowEnds[row] = from + width + 8 * ratio;
    write(ctx, mark.label, from, bbox.top + (10 + row * 15) * ratio, colours.panel);
  }
  ctx.restore();
}

function circle(ctx: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
}

function line(ctx: CanvasRenderingContext2D, fromX: number, fromY: number, toX: number, toY: number): void {
  ctx.beginPath();
  ctx.moveTo(fromX, fromY);
  ctx.lineTo(toX, toY);
  ctx.stroke();
}

/** Text with a rim in the colour of the panel, so that it can be read across a curve. */
function write(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, rim: string): void {
  ctx.save();
  ctx.setLineDash([]);
  ctx.strokeStyle = rim;
  ctx.lineWidth = 4 * uPlot.pxRatio;
  ctx.lineJoin = "round";
  ctx.strokeText(text, x, y);
  ctx.restore();
  ctx.fillText(text, x, y);
}
