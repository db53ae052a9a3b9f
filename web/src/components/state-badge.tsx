import type { ReactNode } from "react";
import { Icon, type IconName } from "./icons.tsx";
import { lookOf, toneClasses, type Tone } from "./states.ts";

/** A state as shape, word and colour; never colour alone. `word` replaces the usual word. */
export function StateBadge({ state, word }: { state: string; word?: string }) {
  const look = lookOf(state);
  return (
    <Badge tone={look.tone} icon={look.icon}>
      {word ?? look.word}
    </Badge>
  );
}

/** A small label; a tone only where it carries meaning. */
export function Badge({
  tone = "idle",
  icon,
  children,
}: {
  tone?: Tone;
  icon?: IconName;
  children: ReactNode;
}) {
  const classes = toneClasses[tone];
  return (
    <span
      className={`inline-flex h-5 w-fit items-center gap-1 rounded-full border px-2 text-2xs font-medium whitespace-nowrap ${classes.ink} ${classes.wash} ${classes.line}`}
    >
      {icon && (
        <Icon name={icon} size={12} strokeWidth={2} className={icon === "spinner" ? "turning" : undefined} />
      )}
      {children}
    </span>
  );
}

/** The icon and word of a state without the pill, for dense rows. */
export function StateText({ state, word }: { state: string; word?: string }) {
  const look = lookOf(state);
  return (
    <span
      className={`inline-flex items-center gap-1.5 align-middle whitespace-nowrap ${toneClasses[look.tone].ink}`}
    >
      <Icon name={look.icon} size={14} className={look.icon === "spinner" ? "turning" : undefined} />
      {word ?? look.word}
    </span>
  );
}
