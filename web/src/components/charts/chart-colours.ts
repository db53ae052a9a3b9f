import { useSyncExternalStore } from "react";

/** The palette as the canvas needs it: computed colours of the theme in force. */
export interface ChartColours {
  ink: string;
  faint: string;
  line: string;
  panel: string;
  good: string;
  warn: string;
  bad: string;
  busy: string;
  idle: string;
  control: string;
  accent: string;
  series: readonly string[];
}

/** Colours of the theme, read again when it changes. */
export function useChartColours(): ChartColours {
  return useSyncExternalStore(subscribe, current);
}

let cached: ChartColours | undefined;

function current(): ChartColours {
  return (cached ??= read());
}

function read(): ChartColours {
  const probe = document.createElement("span");
  document.body.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    ink: colour("ink"),
    faint: colour("ink-faint"),
    line: colour("line"),
    panel: colour("panel"),
    good: colour("good"),
    warn: colour("warn"),
    bad: colour("bad"),
    busy: colour("busy"),
    idle: colour("idle"),
    control: colour("control"),
    accent: colour("accent"),
    series: [1, 2, 3, 4, 5, 6, 7, 8].map((index) => colour(`series-${index}`)),
  };
  probe.remove();
  return colours;
}

function subscribe(listener: () => void): () => void {
  const forget = () => {
    cached = undefined;
    listener();
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(forget);
  system.addEventListener("change", forget);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => {
    system.removeEventListener("change", forget);
    observer.disconnect();
  };
}

/** A colour of the theme, let through. */
export function withAlpha(colour: string, alpha: number): string {
  return colour.replace(/^rgb\((.*)\)$/, `rgb($1 / ${alpha})`).replaceAll(",", " ");
}
