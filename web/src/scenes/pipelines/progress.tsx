import { number } from "../../components/format.ts";
import { Icon } from "../../components/icons.tsx";
import { lookOf, toneClasses } from "../../components/states.ts";

/** How far many things have come: a bar in parts and, beside it, each part in words. */
export function Progress({ label, counts, hasWords = true }: ProgressProps) {
  const parts = order.flatMap((state) => {
    const count = counts[state] ?? 0;
    return count > 0 ? [{ state, count, look: lookOf(state) }] : [];
  });
  const total = parts.reduce((all, part) => all + part.count, 0);
  return (
    <div className="min-w-0">
      <div
        role="img"
        aria-label={`${label}: ${parts.map(({ count, look }) => `${count} ${look.word}`).join(", ")}`}
        className="meter flex h-2 overflow-hidden rounded-full border border-line-strong bg-sunken"
      >
        {parts.map(({ state, count, look }) => (
          <span
            key={state}
            className={state === "waiting" ? "" : toneClasses[look.tone].fill}
            style={{ width: `${(count / total) * 100}%` }}
          />
        ))}
      </div>
      {hasWords && (
        <p className="tabular mt-1 flex flex-wrap gap-x-3 text-xs" aria-hidden="true">
          {parts.map(({ state, count, look }) => (
            <span key={state} className={`inline-flex items-center gap-1 ${toneClasses[look.tone].ink}`}>
              <Icon name={look.icon} size={12} strokeWidth={2} />
              {number(count)} {look.word}
            </span>
          ))}
        </p>
      )}
    </div>
  );
}

export interface ProgressProps {
  label: string;
  counts: Readonly<Record<string, number>>;
  /** False where the numbers stand beside it anyway. */
  hasWords?: boolean;
}

const order = [
  "succeeded",
  "reproducible",
  "running",
  "differs",
  "failed",
  "cancelled",
  "not_cached",
  "elsewhere",
  "waiting",
];
