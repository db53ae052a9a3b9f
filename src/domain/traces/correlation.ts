/** How many traces there are, how many meet each of two filters, and how many both. */
export interface Counts {
  readonly total: number;
  readonly first: number;
  readonly second: number;
  readonly both: number;
}

export interface Correlation extends Counts {
  /** Normalised pointwise mutual information, from -1 (never together) over 0 to 1 (always); NaN when unknown. */
  readonly npmi: number;
  /** The same with half a trace added to each of the four cells: steadier when there are few. */
  readonly npmiSmoothed: number;
}

const jeffreysPrior = 0.5;

export function correlate(counts: Counts): Correlation {
  const { total, first, second, both } = counts;
  const cells: Cells = [both, first - both, second - both, total - first - second + both];
  if (first === 0 || second === 0 || Math.min(...cells) < 0)
    return { ...counts, npmi: Number.NaN, npmiSmoothed: Number.NaN };
  return {
    ...counts,
    npmi: both === 0 ? -1 : npmi(cells, 0),
    npmiSmoothed: npmi(cells, jeffreysPrior),
  };
}

type Cells = readonly [both: number, first: number, second: number, neither: number];

function npmi(cells: Cells, added: number): number {
  const [, onlyFirst, onlySecond, neither] = cells;
  if (onlyFirst === 0 && onlySecond === 0 && neither === 0) return 1;
  const [both, first, second] = [cells[0] + added, cells[1] + added, cells[2] + added];
  const total = both + first + second + cells[3] + added;
  const information = Math.log(both) + Math.log(total) - Math.log(both + first) - Math.log(both + second);
  return Math.max(-1, Math.min(1, information / (Math.log(total) - Math.log(both))));
}
