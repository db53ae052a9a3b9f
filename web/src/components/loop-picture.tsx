import type { ReactNode } from "react";
import { Icon, type IconName } from "./icons.tsx";
import { lookOf, toneClasses, type Tone } from "./states.ts";
import { useSize } from "./use-size.ts";

/**
 * The loop of a project: data, labels, pipeline, model, gates, release, serving, monitoring, and what
 * is learned going back into data; in the middle the charter, which generates the gates and the
 * monitors. A stretch of the way is drawn solid once it was travelled, and moves while work is on it.
 * Every station is a link made by the caller. On a narrow screen the loop stands upright.
 */
export function LoopPicture({ stations, charter, renderLink }: LoopPictureProps) {
  const [frame, { width }] = useSize<HTMLDivElement>();
  const upright = width > 0 && width < 720;
  const named = new Map(stations.map((station) => [station.key, station]));
  return (
    <div ref={frame} className="@container min-h-[30rem]">
      {width === 0 ? null : upright ? (
        <Upright stations={named} charter={charter} renderLink={renderLink} />
      ) : (
        <Ring width={width} stations={named} charter={charter} renderLink={renderLink} />
      )}
    </div>
  );
}

export interface LoopPictureProps {
  stations: readonly LoopStation[];
  /** What stands in the middle. */
  charter: ReactNode;
  renderLink: (station: LoopStation, className: string, content: ReactNode) => ReactNode;
}

export type StationKey =
  | "data"
  | "labels"
  | "pipeline"
  | "model"
  | "gates"
  | "release"
  | "serving"
  | "monitoring"
  | "feedback";

export interface LoopStation {
  key: StationKey;
  state: string;
  /** The one fact: "v4 · 12,480 rows". */
  headline: string;
  detail?: string | undefined;
}

const order: readonly StationKey[] = [
  "data",
  "labels",
  "pipeline",
  "model",
  "gates",
  "release",
  "serving",
  "monitoring",
  "feedback",
];

const titles: Record<StationKey, { title: string; icon: IconName }> = {
  data: { title: "Data", icon: "data" },
  labels: { title: "Labels", icon: "labels" },
  pipeline: { title: "Pipeline", icon: "pipeline" },
  model: { title: "Model", icon: "model" },
  gates: { title: "Gates", icon: "gates" },
  release: { title: "Release", icon: "release" },
  serving: { title: "Serving", icon: "serving" },
  monitoring: { title: "Monitoring", icon: "monitoring" },
  feedback: { title: "Feedback", icon: "feedback" },
};

const ringHeight = 480;

interface LoopParts {
  stations: ReadonlyMap<StationKey, LoopStation>;
  charter: ReactNode;
  renderLink: LoopPictureProps["renderLink"];
}

function Ring({ width, stations, charter, renderLink }: LoopParts & { width: number }) {
  const way = geometry(width);
  return (
    <div className="relative" style={{ height: ringHeight }}>
      <svg width={width} height={ringHeight} aria-hidden="true" className="absolute inset-0">
        <path d={way.whole} fill="none" strokeWidth="14" className="stroke-sunken" />
        <path
          d={way.whole}
          fill="none"
          strokeWidth="1.5"
          strokeDasharray="2 7"
          strokeLinecap="round"
          className="stroke-control"
        />
        {way.stretches.map(({ to, path }) => (
          <Stretch key={to} path={path} state={stations.get(to)?.state ?? "empty"} />
        ))}
        {way.arrows.map((arrow, index) => (
          <path
            key={index}
            d="M-4 -5 4 0 -4 5"
            fill="none"
            strokeWidth="1.5"
            strokeLinecap="round"
            strokeLinejoin="round"
            transform={`translate(${arrow.x} ${arrow.y}) rotate(${arrow.angle})`}
            className={strokeOf(stations.get(arrow.to)?.state ?? "empty")}
          />
        ))}
      </svg>
      <div
        className="absolute flex flex-col justify-center"
        style={{
          left: way.centre.left,
          top: way.centre.top,
          width: way.centre.width,
          height: way.centre.height,
        }}
      >
        {charter}
      </div>
      <p
        className="absolute text-xs text-faint"
        style={{ left: way.left + 18, top: ringHeight / 2 - 18, width: 96 }}
      >
        what is learned
        <br />
        becomes data
      </p>
      <ol>
        {order.map((key) => {
          const place = way.places[key];
          const station = stations.get(key) ?? { key, state: "empty", headline: "not yet" };
          return (
            <li key={key} className="absolute" style={{ left: place.x, top: place.y }}>
              {renderLink(
                station,
                "group block size-0",
                <>
                  <Bead station={station} className="absolute -translate-1/2" />
                  <span className={`absolute ${captions[place.caption]}`} style={{ width: way.captionWidth }}>
                    <Caption station={station} />
                  </span>
                </>,
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

const captions = {
  above: "bottom-8 -translate-x-1/2 flex flex-col items-center text-center",
  below: "top-8 -translate-x-1/2 flex flex-col items-center text-center",
  inside: "right-9 -translate-y-1/2 flex flex-col items-end text-right",
};

function Upright({ stations, charter, renderLink }: LoopParts) {
  return (
    <div>
      <div className="mb-6">{charter}</div>
      <ol className="relative">
        <span
          aria-hidden="true"
          className="absolute top-5 bottom-5 -left-1 w-3 rounded-l-full border-[1.5px] border-r-0 border-dashed border-control"
        />
        {order.map((key, index) => {
          const station = stations.get(key) ?? { key, state: "empty", headline: "not yet" };
          const reached = lookOf(station.state).icon !== "ring";
          return (
            <li key={key} className="relative pl-4">
              {index < order.length - 1 && (
                <span
                  aria-hidden="true"
                  className={`absolute top-10 bottom-0 left-[35px] border-l-[1.5px] ${reached ? "border-accent" : "border-dashed border-control"}`}
                />
              )}
              {renderLink(
                station,
                "group flex items-center gap-4 rounded-lg pb-4",
                <>
                  <Bead station={station} className="relative" />
                  <span className="flex min-w-0 flex-1 flex-col">
                    <Caption station={station} />
                  </span>
                </>,
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function Bead({ station, className }: { station: LoopStation; className: string }) {
  const look = lookOf(station.state);
  const empty = look.icon === "ring";
  return (
    <span className={`bead z-10 flex size-10 shrink-0 items-center justify-center ${className}`}>
      {look.tone === "busy" && (
        <span className="breathing absolute -inset-1.5 rounded-full bg-busy-wash" aria-hidden="true" />
      )}
      <span
        className={`relative flex size-10 items-center justify-center rounded-full border-[1.5px] bg-panel group-hover:bg-hover ${empty ? "border-dashed border-control text-faint" : `${beadLines[look.tone]} ${toneClasses[look.tone].ink}`}`}
      >
        <Icon name={titles[station.key].icon} size={18} />
      </span>
      {!empty && (
        <span
          className={`absolute -right-1 -bottom-1 flex size-4.5 items-center justify-center rounded-full border-2 border-panel ${toneClasses[look.tone].fill} text-panel`}
        >
          <Icon
            name={look.icon}
            size={10}
            strokeWidth={2.5}
            className={look.icon === "spinner" ? "turning" : undefined}
          />
        </span>
      )}
    </span>
  );
}

const beadLines: Record<Tone, string> = {
  good: "border-good",
  warn: "border-warn",
  bad: "border-bad",
  busy: "border-busy",
  idle: "border-idle",
  accent: "border-accent",
};

function Caption({ station }: { station: LoopStation }) {
  const look = lookOf(station.state);
  return (
    <>
      <span className="flex max-w-full items-baseline gap-x-2 whitespace-nowrap">
        <span className="text-base font-semibold group-hover:text-accent group-hover:underline group-hover:underline-offset-4">
          {titles[station.key].title}
        </span>
        <span className={`text-2xs font-medium ${toneClasses[look.tone].ink}`}>{look.word}</span>
      </span>
      <span className="tabular line-clamp-2 text-xs text-soft">{station.headline}</span>
      {station.detail && <span className="tabular line-clamp-1 text-xs text-faint">{station.detail}</span>}
    </>
  );
}

function Stretch({ path, state }: { path: string; state: string }) {
  const look = lookOf(state);
  if (look.icon === "ring") return null;
  return (
    <>
      {look.tone === "busy" && <path d={path} fill="none" strokeWidth="2" className="stroke-panel" />}
      <path
        d={path}
        fill="none"
        strokeWidth="2"
        className={`${strokeOf(state)} ${look.tone === "busy" ? "flowing" : ""}`}
        strokeDasharray={look.tone === "bad" || look.tone === "warn" ? "9 4" : undefined}
      />
    </>
  );
}

/** The colour of a stretch of the way: what was travelled in peace has the accent, the rest its state. */
function strokeOf(state: string): string {
  const look = lookOf(state);
  if (look.icon === "ring") return "stroke-control";
  if (look.tone === "busy") return "stroke-busy";
  if (look.tone === "warn") return "stroke-warn";
  return look.tone === "bad" ? "stroke-bad" : "stroke-accent";
}

/** A racetrack in CSS pixels: four stations on top, gates on the right bend, four below, back on the left. */
function geometry(width: number) {
  const top = 104;
  const bottom = ringHeight - 104;
  const radius = (bottom - top) / 2;
  const middle = (top + bottom) / 2;
  const left = 24;
  const right = width - 44;
  const from = left + radius;
  const to = right - radius;
  const columns = [0, 1, 2, 3].map((index) => from + ((to - from) * index) / 3);
  const place = (index: number, y: number, caption: keyof typeof captions) => ({
    x: columns[index] ?? 0,
    y,
    caption,
  });
  const places: Record<StationKey, { x: number; y: number; caption: keyof typeof captions }> = {
    data: place(0, top, "above"),
    labels: place(1, top, "above"),
    pipeline: place(2, top, "above"),
    model: place(3, top, "above"),
    gates: { x: right, y: middle, caption: "inside" },
    release: place(3, bottom, "below"),
    serving: place(2, bottom, "below"),
    monitoring: place(1, bottom, "below"),
    feedback: place(0, bottom, "below"),
  };
  const straight = (a: StationKey, b: StationKey) =>
    `M${places[a].x} ${places[a].y}L${places[b].x} ${places[b].y}`;
  const bend = (fromX: number, fromY: number, toX: number, toY: number) =>
    `M${fromX} ${fromY}A${radius} ${radius} 0 0 1 ${toX} ${toY}`;
  const stretches: { to: StationKey; path: string }[] = [
    { to: "data", path: `${bend(from, bottom, left, middle)}${bend(left, middle, from, top)}` },
    { to: "labels", path: straight("data", "labels") },
    { to: "pipeline", path: straight("labels", "pipeline") },
    { to: "model", path: straight("pipeline", "model") },
    { to: "gates", path: bend(to, top, right, middle) },
    { to: "release", path: bend(right, middle, to, bottom) },
    { to: "serving", path: straight("release", "serving") },
    { to: "monitoring", path: straight("serving", "monitoring") },
    { to: "feedback", path: straight("monitoring", "feedback") },
  ];
  const between = (a: number, b: number) => ((columns[a] ?? 0) + (columns[b] ?? 0)) / 2;
  const slant = radius * Math.SQRT1_2;
  const arrows = [
    { to: "labels" as const, x: between(0, 1), y: top, angle: 0 },
    { to: "pipeline" as const, x: between(1, 2), y: top, angle: 0 },
    { to: "model" as const, x: between(2, 3), y: top, angle: 0 },
    { to: "gates" as const, x: to + slant, y: middle - slant, angle: 45 },
    { to: "release" as const, x: to + slant, y: middle + slant, angle: 135 },
    { to: "serving" as const, x: between(2, 3), y: bottom, angle: 180 },
    { to: "monitoring" as const, x: between(1, 2), y: bottom, angle: 180 },
    { to: "feedback" as const, x: between(0, 1), y: bottom, angle: 180 },
    { to: "data" as const, x: left, y: middle, angle: -90 },
  ];
  const centreWidth = Math.min(480, right - left - 2 * 148);
  const centre = {
    left: (left + right - centreWidth) / 2,
    top: top + 34,
    width: centreWidth,
    height: bottom - top - 68,
  };
  return {
    left,
    whole: `M${from} ${top}H${to}A${radius} ${radius} 0 0 1 ${to} ${bottom}H${from}A${radius} ${radius} 0 0 1 ${from} ${top}Z`,
    stretches,
    arrows,
    places,
    centre,
    captionWidth: Math.max(112, (to - from) / 3 - 20),
  };
}
