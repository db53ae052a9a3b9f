import { number } from "../../components/format.ts";
import { Icon } from "../../components/icons.tsx";
import { lookOf, toneClasses } from "../../components/states.ts";

/** How many steps are in which state; pressing one shows only those. */
export function StateFilter({ label = "Steps by state", counts, state, onState }: StateFilterProps) {
  return (
    <div role="group" aria-label={label} className="flex flex-wrap gap-1.5">
      {counts.map(([each, count]) => {
        const look = lookOf(each);
        return (
          <button
            key={each}
            type="button"
            aria-pressed={each === state}
            onClick={() => onState(each === state ? undefined : each)}
            className={`tabular inline-flex h-7 items-center gap-1.5 rounded-full border px-2.5 text-xs hover:bg-hover aria-pressed:border-accent aria-pressed:bg-accent-wash ${toneClasses[look.tone].line} ${toneClasses[look.tone].ink}`}
          >
            <Icon name={look.icon} size={12} strokeWidth={2} />
            {number(count)} {look.word}
          </button>
        );
      })}
    </div>
  );
}

export interface StateFilterProps {
  label?: string;
  counts: readonly (readonly [string, number])[];
  state: string | undefined;
  onState: (state: string | undefined) => void;
}
