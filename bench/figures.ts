/** One measured number. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly note?: string;
  /** The most it may be; a figure above it fails the measurement. */
  readonly target?: number;
  /** Against the peer's figure of the same measurement: 2 is twice as much. */
  readonly ratio?: number;
}

export interface Measurement {
  readonly name: string;
  readonly title: string;
  /** `folder` is empty, on a real disk where there is one, and removed afterwards. */
  measure(place: { readonly folder: string }): Promise<readonly Figure[]>;
}

/** A figure as a line: what, value, ratio, target, note. */
export function figureLine({ what, value, unit, note, target, ratio }: Figure): string {
  const parts = [
    `${numberText(value)} ${unit}`,
    ...(ratio === undefined ? [] : [`${ratio.toFixed(2)} × the peer`]),
    ...(target === undefined
      ? []
      : [`${value <= target ? "within" : "ABOVE"} the target of ${numberText(target)}`]),
    ...(note === undefined ? [] : [note]),
  ];
  return `  ${what.padEnd(48)} ${parts.join("; ")}`;
}

function numberText(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}
