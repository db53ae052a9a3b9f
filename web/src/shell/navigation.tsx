import { IconButton } from "../components/button.tsx";
import { Icon } from "../components/icons.tsx";
import { PlainLink } from "../components/link.tsx";
import { Key } from "../components/key.tsx";
import type { LiveState } from "../data/live.ts";
import { places } from "./places.ts";
import { ProjectSwitcher } from "./project-switcher.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";
import { WhoAmI } from "./who-am-i.tsx";
import { Wordmark } from "./wordmark.tsx";

/** The left column, and on a narrow screen the drawer. */
export function Navigation({ project, live, onSearch, onClose }: NavigationProps) {
  return (
    <div className="flex h-full flex-col">
      <div className="flex h-14 shrink-0 items-center justify-between pr-3 pl-5">
        <PlainLink to="/" className="rounded-md">
          <Wordmark />
        </PlainLink>
        {onClose && <IconButton icon="cross" label="Close navigation" onClick={onClose} />}
      </div>
      <div className="space-y-1.5 px-3 pb-3">
        <ProjectSwitcher project={project} />
        <button
          type="button"
          onClick={onSearch}
          className="flex h-8 w-full items-center gap-2.5 rounded-md border border-line bg-panel px-2.5 text-sm text-faint hover:border-line-strong"
        >
          <Icon name="search" size={14} />
          <span className="flex-1 text-left">Search or act</span>
          <span className="hidden lg:block">
            <Key>{navigator.platform.startsWith("Mac") ? "⌘K" : "Ctrl K"}</Key>
          </span>
        </button>
      </div>
      <nav aria-label="Project" className="scroll-quiet min-h-0 flex-1 overflow-y-auto px-3 py-1">
        {project && (
          <ul className="space-y-px">
            {places.map((place) => (
              <li key={place.to}>
                <PlainLink
                  to={place.to}
                  params={{ project }}
                  activeOptions={{ exact: place.label === "Home" }}
                  className="flex h-8 items-center gap-3 rounded-md px-2.5 text-sm text-soft -outline-offset-1 hover:bg-hover hover:text-ink"
                  activeProps={{
                    className:
                      "flex h-8 items-center gap-3 rounded-md px-2.5 text-sm -outline-offset-1 bg-accent-wash text-accent-strong font-medium",
                  }}
                >
                  <Icon name={place.icon} />
                  {place.label}
                </PlainLink>
              </li>
            ))}
          </ul>
        )}
      </nav>
      <div className="shrink-0 space-y-1 border-t border-line p-3">
        {project && <LiveMark state={live} />}
        <div className="flex items-center justify-between gap-2">
          <WhoAmI />
          <ThemeSwitch />
        </div>
      </div>
    </div>
  );
}

export interface NavigationProps {
  project: string | undefined;
  live: LiveState;
  onSearch: () => void;
  onClose?: () => void;
}

function LiveMark({ state }: { state: LiveState }) {
  const look = {
    live: { icon: "dot", ink: "text-good", word: "Live" },
    connecting: { icon: "ring", ink: "text-faint", word: "Connecting" },
    slow: { icon: "clock", ink: "text-faint", word: "Fresh every 30 s" },
    lost: { icon: "pause", ink: "text-warn", word: "Paused" },
  } as const;
  return (
    <p
      className="flex items-center gap-1.5 px-2.5 text-xs text-faint"
      title="Pages change by themselves when something happens"
    >
      <Icon name={look[state].icon} size={14} className={look[state].ink} />
      {look[state].word}
    </p>
  );
}
