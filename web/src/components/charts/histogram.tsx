import { number } from "../format.ts";

/** How values are spread. `reference` draws a second distribution as an outline over the bars. */
export function Histogram({ label, edges, counts, reference, height = 72, format = number }: HistogramProps) {
  const total = sum(counts);
  const shares = counts.map((count) => count / (total || 1));
  const referenceTotal = sum(reference ?? []);
  const outline = reference?.map((count) => count / (referenceTotal || 1));
  const top = Math.max(...shares, ...(outline ?? []), 1e-9);
  const width = 240;
  const step = width / Math.max(1, counts.length);
  const y = (value: number) => height - (value / top) * (height - 4);
  return (
    <figure className="min-w-0">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: from ${format(edges[0])} to ${format(edges.at(-1))}, most between ${modeRange(edges, counts)}`}
        className="block w-full"
        style={{ height }}
      >
        {shares.map((value, index) => (
          <rect
            key={index}
            x={index * step + 0.5}
            y={y(value)}
            width={Math.max(0.5, step - 1)}
            height={height - y(value)}
            className="fill-series-1 opacity-70"
          >
            <title>{`${number(edges[index])} to ${number(edges[index + 1])}: ${number(counts[index])}`}</title>
          </rect>
        ))}
        {outline && (
          <path
            d={outline
              .map((value, index) => `${index === 0 ? "M" : "L"}${index * step} ${y(value)}h${step}`)
              .join("")}
            fill="none"
            strokeWidth="1.5"
            vectorEffect="non-scaling-stroke"
            className="stroke-series-2"
          />
        )}
      </svg>
      <div
        className="tabular mt-1 flex justify-between border-t border-line pt-1 text-2xs text-faint"
        aria-hidden="true"
      >
        <span>{format(edges[0])}</span>
        <span>{format(edges.at(-1))}</span>
      </div>
    </figure>
  );
}

export interface HistogramProps {
  label: string;
  /** One more than counts. */
  edges: readonly number[];
  counts: readonly number[];
  reference?: readonly number[];
  height?: number;
  /** Writes the two ends. */
  format?: (value: number | undefined) => string;
}

function modeRange(edges: readonly number[], counts: readonly number[]): string {
  const mode = counts.indexOf(Math.max(...counts, 0));
  return `${number(edges[mode])} and ${number(edges[mode + 1])}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
