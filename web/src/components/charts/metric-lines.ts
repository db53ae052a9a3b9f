/** One line as it came: where its stretches end, and their last, least and greatest value. */
export interface MetricLine {
  key: string;
  label: string;
  at: readonly number[];
  last: readonly (number | null)[];
  min: readonly (number | null)[];
  max: readonly (number | null)[];
  /** Position in the palette. */
  colour?: number;
}

/** A line on the axis that all lines share; undefined where another line has a point and this one none. */
export interface AlignedLine {
  key: string;
  label: string;
  colour: number;
  last: (number | null | undefined)[];
  min: (number | null | undefined)[];
  max: (number | null | undefined)[];
}

/** Puts lines on one axis. Where a line has no point of its own it is drawn through. */
export function align(lines: readonly MetricLine[]): { at: number[]; lines: AlignedLine[] } {
  const at = [...new Set(lines.flatMap((line) => line.at))].sort((a, b) => a - b);
  const place = new Map(at.map((moment, index) => [moment, index]));
  return {
    at,
    lines: lines.map((line, order) => {
      const own: AlignedLine = {
        key: line.key,
        label: line.label,
        colour: line.colour ?? order,
        last: Array.from({ length: at.length }),
        min: Array.from({ length: at.length }),
        max: Array.from({ length: at.length }),
      };
      for (const [index, moment] of line.at.entries()) {
        const to = place.get(moment) ?? 0;
        own.last[to] = line.last[index] ?? null;
        own.min[to] = least(own.min[to], line.min[index]);
        own.max[to] = greatest(own.max[to], line.max[index]);
      }
      return own;
    }),
  };
}

/**
 * An exponential mean that does not lean towards its first value; 0 changes nothing. Gaps stay gaps and
 * carry no weight.
 */
export function smoothed(
  values: readonly (number | null | undefined)[],
  weight: number,
): (number | null | undefined)[] {
  if (weight <= 0) return [...values];
  const kept = Math.min(weight, 0.999);
  let mean = 0;
  let seen = 0;
  return values.map((value) => {
    if (value === null || value === undefined) return value;
    mean = kept * mean + (1 - kept) * value;
    seen += 1;
    return mean / (1 - kept ** seen);
  });
}

// Two stretches of one line may end at the same moment; their band is that of both.
function least(before: number | null | undefined, value: number | null | undefined): number | null {
  if (before === null || before === undefined) return value ?? null;
  return value === null || value === undefined ? before : Math.min(before, value);
}

function greatest(before: number | null | undefined, value: number | null | undefined): number | null {
  if (before === null || before === undefined) return value ?? null;
  return value === null || value === undefined ? before : Math.max(before, value);
}
