import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useSize } from "../use-size.ts";

/**
 * The canvas of a chart, as wide as its place, with a tip beside the cursor. It is drawn anew when one of `inputs`
 * or the width changes; the cursor moves within it.
 */
export function Plot({ make, inputs, cursor, tipAt }: PlotProps) {
  const [frame, { width }] = useSize<HTMLDivElement>();
  const plot = useRef<uPlot>(null);
  const tip = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!frame.current || width === 0) return;
    const { options, data } = make(width);
    const setCursor = [(drawn: uPlot) => showTip(drawn, tip.current, tipAt)];
    const hooks = { ...options.hooks, setCursor };
    const made = new uPlot({ ...options, width, hooks }, data, frame.current);
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `inputs` names what is drawn
  }, [...inputs, width, frame]);

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

export interface PlotProps {
  make: (width: number) => { options: Omit<uPlot.Options, "width">; data: uPlot.AlignedData };
  /** All that `make` and `tipAt` draw from. */
  inputs: readonly unknown[];
  /** The index of the moment at which the keyboard has put the cursor. */
  cursor: number | null;
  /** What the tip says at this index; undefined for none. */
  tipAt: (index: number) => string | undefined;
}

/** Beside the cursor, on the side where there is more room. */
function showTip(plot: uPlot, tip: HTMLDivElement | null, tipAt: PlotProps["tipAt"]): void {
  if (!tip) return;
  const { idx: index, left = -1 } = plot.cursor;
  const text = left < 0 || index === null || index === undefined ? undefined : tipAt(index);
  tip.hidden = text === undefined;
  if (text === undefined) return;
  tip.textContent = text;
  const x = plot.over.offsetLeft + left;
  tip.style.left = `${Math.max(0, left > plot.over.clientWidth / 2 ? x - tip.offsetWidth - 12 : x + 12)}px`;
  tip.style.top = `${plot.over.offsetTop + 8}px`;
}
