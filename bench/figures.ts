/** One measured number. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly note?: string;
  /** The most it may be; a figure above it fails the measurement. */
  readonly target?: number;
  /** The least it may be. */
  readonly atLeast?: number;
  /** Against the peer's figure of the same measurement: 2 is twice as much. */
  readonly ratio?: number;
}

export interface Measurement {
  readonly name: string;
  readonly title: string;
  /** Measured only when it is named: it takes many minutes. */
  readonly isLong?: boolean;
  /** `folder` is empty, on a real disk where there is one, and removed afterwards. */
  measure(place: { readonly folder: string }): Promise<readonly Figure[]>;
}

/** A figure as a line: what, value, ratio, target, note. */
export function figureLine({ what, value, unit, note, target, atLeast, ratio }: Figure): string {
  const parts = [
    `${numberText(value)} ${unit}`,
    ...(ratio === undefined ? [] : [`${ratio.toFixed(2)} × the peer`]),
    ...(target === undefined
      ? []
      : [`${value <= target ? "within" : "ABOVE"} the target of ${numberText(target)}`]),
    ...(atLeast === undefined
      ? []
      : [`${value >= atLeast ? "reaches" : "BELOW"} the target of ${numberText(atLeast)}`]),
    ...(note === undefined ? [] : [note]),
  ];
  return `  ${what.padEnd(48)} ${parts.join("; ")}`;
}

/** Whether a figure misses its target. */
export function isMissed({ value, target, atLeast }: Figure): boolean {
  return (target !== undefined && value > target) || (atLeast !== undefined && value < atLeast);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function numberText(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}
