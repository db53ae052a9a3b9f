import { IconButton } from "./button.tsx";
import { Icon } from "./icons.tsx";
import { toneClasses } from "./states.ts";
import { dismiss, useToasts } from "./toasts.ts";

/** Where toasts appear; once, in the shell. */
export function Toasts() {
  const shown = useToasts();
  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-4 z-50 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2"
    >
      {shown.map((each) => (
        <div
          key={each.id}
          className="rising pointer-events-auto flex items-start gap-3 rounded-lg border border-line bg-raised py-2 pr-2 pl-4 shadow-float"
        >
          <Icon
            name={each.tone === "good" ? "check" : "cross"}
            className={`mt-2 shrink-0 ${toneClasses[each.tone].ink}`}
          />
          <div className="min-w-0 flex-1 py-1 text-sm">
            <p>{each.text}</p>
            {each.next && <p className="text-soft">{each.next}</p>}
          </div>
          <IconButton icon="cross" label="Dismiss" onClick={() => dismiss(each.id)} />
        </div>
      ))}
    </div>
  );
}
