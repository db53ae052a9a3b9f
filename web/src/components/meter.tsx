/** How much of something is taken, as a bar and in words. */
export function Meter({ label, used, total, format }: MeterProps) {
  const share = total > 0 ? Math.min(1, used / total) : 0;
  return (
    <div>
      <p className="flex items-baseline justify-between gap-3 text-sm">
        <span className="text-faint">{label}</span>
        <span className="tabular">
          {format(used)} <span className="text-faint">of {format(total)}</span>
        </span>
      </p>
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={used}
        aria-valuetext={`${format(used)} of ${format(total)}`}
        className="meter mt-1 h-2 overflow-hidden rounded-full border border-line-strong bg-sunken"
      >
        <div className="h-full bg-accent-fill" style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  );
}

export interface MeterProps {
  label: string;
  used: number;
  total: number;
  format: (value: number) => string;
}
