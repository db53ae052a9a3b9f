/** Names the lines of a chart by their colours; each can be hidden and shown again. */
export function LineLegend({ lines, hidden, onHide }: LineLegendProps) {
  return lines.map((line) => (
    <button
      key={line.key}
      type="button"
      title={line.label}
      aria-pressed={!hidden.has(line.key)}
      onClick={() => onHide(toggled(hidden, line.key))}
      className="group inline-flex h-6 max-w-48 items-center gap-1.5 rounded text-faint aria-[pressed=false]:line-through"
    >
      <LineSample colour={line.colour} dashed={line.dashed} />
      <span className="truncate">{line.label}</span>
    </button>
  ));
}

export interface LineLegendProps {
  lines: readonly LegendLine[];
  /** The keys of lines that are not drawn. */
  hidden: ReadonlySet<string>;
  onHide: (hidden: ReadonlySet<string>) => void;
}

export interface LegendLine {
  key: string;
  label: string;
  /** Position in the palette. */
  colour: number;
  dashed?: boolean | undefined;
}

function LineSample({ colour, dashed }: Pick<LegendLine, "colour" | "dashed">) {
  return (
    <svg width="18" height="8" aria-hidden="true" className="shrink-0 group-aria-[pressed=false]:opacity-30">
      <line
        x1="0"
        x2="18"
        y1="4"
        y2="4"
        strokeWidth="2"
        strokeDasharray={dashed ? "4 3" : undefined}
        style={{ stroke: `var(--series-${(colour % 8) + 1})` }}
      />
    </svg>
  );
}

function toggled(set: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(key)) next.add(key);
  return next;
}
