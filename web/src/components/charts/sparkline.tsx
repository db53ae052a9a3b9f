/** The shape of a series in a line of text; the number beside it carries the meaning. */
export function Sparkline({ values, width = 96, height = 24, label }: SparklineProps) {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2)
    return <span className="inline-block text-faint" style={{ width, height }} aria-hidden="true" />;
  const low = Math.min(...known);
  const span = Math.max(...known) - low || 1;
  const step = (width - 4) / (values.length - 1);
  let pen = "M";
  const path = values
    .map((value, index) => {
      if (value === null) {
        pen = "M";
        return "";
      }
      const point = `${pen}${(2 + index * step).toFixed(1)} ${(height - 3 - ((value - low) / span) * (height - 6)).toFixed(1)}`;
      pen = "L";
      return point;
    })
    .join("");
  return (
    <svg
      width={width}
      height={height}
      role={label ? "img" : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
    >
      <path d={path} fill="none" strokeWidth="1.5" strokeLinejoin="round" className="stroke-series-1" />
    </svg>
  );
}

export interface SparklineProps {
  values: readonly (number | null)[];
  width?: number;
  height?: number;
  label?: string;
}
