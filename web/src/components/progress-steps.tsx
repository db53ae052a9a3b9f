import type { ReactNode } from "react";
import { Icon } from "./icons.tsx";
import { lookOf, toneClasses } from "./states.ts";

/** Steps that follow one another: the way of a release to all traffic, the way of a model version. */
export function ProgressSteps({ label, steps }: { label: string; steps: readonly ProgressStep[] }) {
  return (
    <ol aria-label={label} className="flex flex-col gap-x-2 gap-y-4 sm:flex-row">
      {steps.map((step, index) => {
        const look = lookOf(step.state);
        const done = look.tone === "good";
        return (
          <li
            key={step.label}
            aria-current={look.tone === "busy" ? "step" : undefined}
            className="relative flex min-w-0 flex-1 gap-3 sm:block"
          >
            <div className="flex items-start gap-2 sm:items-center">
              <span
                className={`flex size-7 shrink-0 items-center justify-center rounded-full border-[1.5px] ${toneClasses[look.tone].ink} ${toneClasses[look.tone].wash} ${toneClasses[look.tone].line}`}
              >
                <Icon
                  name={look.icon}
                  size={14}
                  strokeWidth={2}
                  className={look.icon === "spinner" ? "turning" : undefined}
                />
              </span>
              {index < steps.length - 1 && (
                <span
                  aria-hidden="true"
                  className={`hidden h-px flex-1 sm:block ${done ? "bg-good" : "bg-line-strong"}`}
                />
              )}
            </div>
            <div className="min-w-0 sm:mt-1.5">
              <p className="font-medium">{step.label}</p>
              <p className={`text-sm ${toneClasses[look.tone].ink}`}>{step.word ?? look.word}</p>
              {step.detail && <div className="tabular text-sm text-faint">{step.detail}</div>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

export interface ProgressStep {
  label: string;
  state: string;
  word?: string;
  detail?: ReactNode;
}
