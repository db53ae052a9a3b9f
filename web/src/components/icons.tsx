import type { ReactNode, SVGProps } from "react";

/** Line drawings on a grid of 16, drawn for this product; decorative unless given a `label`. */
export function Icon({ name, label, size = 16, ...rest }: IconProps) {
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden={label ? undefined : true}
      aria-label={label}
      role={label ? "img" : undefined}
      focusable="false"
      {...rest}
    >
      {drawings[name]}
    </svg>
  );
}

export interface IconProps extends SVGProps<SVGSVGElement> {
  name: IconName;
  label?: string;
  size?: number;
}

export type IconName = keyof typeof drawings;

const drawings = {
  home: <path d="M2.5 7.2 8 2.5l5.5 4.7v6.3h-4v-3.8h-3v3.8h-4z" />,
  charter: paths(
    "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z",
    "M8 10.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2z",
    "M8 8h.01",
  ),
  data: paths(
    "M13 4c0 1.1-2.2 2-5 2S3 5.1 3 4s2.2-2 5-2 5 .9 5 2z",
    "M3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4",
    "M3 8c0 1.1 2.2 2 5 2s5-.9 5-2",
  ),
  labels: paths("M2.5 2.5h5l6 6-5 5-6-6z", "M5.5 5.5h.01"),
  pipeline: paths("M5.5 3.5h-3v3h3z", "M13.5 3.5h-3v3h3z", "M13.5 10.5h-3v3h3z", "M5.5 5h5", "M7.5 5v7h3"),
  studies: paths("M2 13.5h12", "M2.5 10.5l3.2-4 3 2.4 4.8-6", "M10.5 2.5h3v3"),
  runs: paths("M6 2.5h4", "M6.8 2.5v4L3 12.3c-.4.7.1 1.2.8 1.2h8.4c.7 0 1.2-.5.8-1.2L9.2 6.5v-4", "M5 10h6"),
  traces: paths("M2 3.5h7", "M4.5 8h6", "M7.5 12.5H14", "M2 3.5v4.5h2.5", "M4.5 8v4.5h3"),
  model: paths("M8 1.8 13.5 5v6L8 14.2 2.5 11V5z", "M2.7 5.1 8 8l5.3-2.9", "M8 8v6"),
  gates: paths("M8 1.8 13 3.6v4c0 3.1-2.1 5.4-5 6.6-2.9-1.2-5-3.5-5-6.6v-4z", "m5.8 8 1.6 1.6 2.9-3.1"),
  release: paths("M8 10V2", "M4.5 5.3 8 2l3.5 3.3", "M2.5 10v3.5h11V10"),
  serving: paths("M8.8 1.8 3 9h4.3l-.6 5.2L12.8 7H8.4z"),
  monitoring: paths("M1.8 8.5h2.7L6.3 3l3 10 2-4.5h2.9"),
  incident: paths("M8 2.3 14.3 13.2H1.7z", "M8 6.5v3", "M8 11.3h.01"),
  audit: paths("M3 2.5h10v11H3z", "M5.5 5.5h5", "M5.5 8h5", "M5.5 10.5h3"),
  questions: paths("m2.3 4.3 1.3 1.3 2.2-2.6", "M8.3 4.3h5.2", "m2.3 11.3 1.3 1.3 2.2-2.6", "M8.3 11.3h5.2"),
  webhook: paths("M2 8h7.5", "M6.5 4.8 9.7 8l-3.2 3.2", "M9 2.5h4.5v11H9"),
  feedback: paths("M13.5 8A5.5 5.5 0 1 1 11 3.4", "M11 1v2.8H8.2"),
  check: <path d="m3.5 8.5 3 3 6-7" />,
  cross: paths("m4 4 8 8", "m12 4-8 8"),
  minus: <path d="M3.5 8h9" />,
  plus: paths("M8 3.5v9", "M3.5 8h9"),
  dot: <circle cx="8" cy="8" r="2.2" fill="currentColor" stroke="none" />,
  ring: <circle cx="8" cy="8" r="4.5" strokeDasharray="2 2.1" />,
  clock: paths("M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z", "M8 4.8V8l2.2 1.5"),
  spinner: <path d="M8 2.2A5.8 5.8 0 1 1 2.2 8" />,
  pause: paths("M5.5 3.5v9", "M10.5 3.5v9"),
  play: <path d="M4.5 2.8 13 8l-8.5 5.2z" />,
  stop: <path d="M4 4h8v8H4z" />,
  skip: paths("M3 3.5 8 8l-5 4.5z", "M8 3.5 13 8l-5 4.5z"),
  cached: paths("M9 1.8 4 8.8h3.5L7 14.2l5-7H8.5z"),
  back: paths("M6 3.5 2.5 7 6 10.5", "M2.5 7H10a3.5 3.5 0 0 1 0 7H8"),
  lock: paths("M3.5 7h9v6.5h-9z", "M5.5 7V5a2.5 2.5 0 0 1 5 0v2"),
  search: paths("M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10z", "m10.7 10.7 3.3 3.3"),
  sun: paths(
    "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6z",
    "M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7",
  ),
  moon: <path d="M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1z" />,
  screen: paths("M2 3h12v8.5H2z", "M6 14h4"),
  menu: paths("M2.5 4.5h11", "M2.5 8h11", "M2.5 11.5h11"),
  more: (
    <g fill="currentColor" stroke="none">
      <circle cx="3.5" cy="8" r="1.2" />
      <circle cx="8" cy="8" r="1.2" />
      <circle cx="12.5" cy="8" r="1.2" />
    </g>
  ),
  down: <path d="m4 6 4 4 4-4" />,
  up: <path d="m4 10 4-4 4 4" />,
  right: <path d="m6 4 4 4-4 4" />,
  left: <path d="m10 4-4 4 4 4" />,
  updown: paths("m5 6 3-3 3 3", "m5 10 3 3 3-3"),
  arrow: paths("M3 8h10", "m9 4 4 4-4 4"),
  external: paths("M6.5 3.5h-3v9h9v-3", "M9.5 2.5h4v4", "M13.5 2.5 8 8"),
  copy: paths("M5.5 5.5h8v8h-8z", "M10.5 5.5v-3h-8v8h3"),
  download: paths("M8 2v8", "M4.5 6.7 8 10l3.5-3.3", "M2.5 13.5h11"),
  table: paths("M2 3h12v10H2z", "M2 6.5h12", "M2 9.8h12", "M6 6.5V13"),
  chart: paths("M2.5 2.5v11h11", "m5 10 2.5-3 2 1.5L13 4.5"),
  columns: paths("M2.5 3h11v10h-11z", "M6.2 3v10", "M9.8 3v10"),
  list: paths("M5.5 4h8", "M5.5 8h8", "M5.5 12h8", "M2.5 4h.01M2.5 8h.01M2.5 12h.01"),
  fit: paths("M2.5 6V2.5H6", "M10 2.5h3.5V6", "M13.5 10v3.5H10", "M6 13.5H2.5V10"),
  user: paths(
    "M8 7.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6z",
    "M2.8 13.8c.5-2.6 2.5-4 5.2-4s4.7 1.4 5.2 4",
  ),
  key: paths("M5.5 13a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z", "m7.3 8.7 5.7-5.7", "m10.5 5.5 2 2"),
  keyboard: paths("M1.5 4h13v8h-13z", "M4.5 6.7h.01M7 6.7h.01M9.5 6.7h.01M12 6.7h.01M4.5 9.5h7"),
  info: paths("M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z", "M8 7.3v3.7", "M8 5h.01"),
} satisfies Record<string, ReactNode>;

function paths(...lines: string[]): ReactNode {
  return lines.map((line) => <path key={line} d={line} />);
}
