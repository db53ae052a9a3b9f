import { memo } from "react";
import { number } from "../format.ts";
import { Icon } from "../icons.tsx";
import { lookOf, toneClasses } from "../states.ts";
import type { GraphNode } from "./graph.ts";

/** A node as it is read: its name, its state as shape and word, and of one that stands for several, how many. */
export const NodeCard = memo(function NodeCard({ node, selected }: { node: GraphNode; selected: boolean }) {
  const look = node.state ? lookOf(node.state) : undefined;
  const line = selected
    ? "border-accent shadow-float ring-1 ring-accent"
    : node.isCritical
      ? "border-ink ring-1 ring-ink"
      : look && look.tone !== "idle"
        ? toneClasses[look.tone].line
        : "border-line-strong";
  return (
    <span
      className={`flex h-full flex-col justify-center rounded-lg border bg-panel px-3 ${line} ${node.states ? "[box-shadow:3px_3px_0_var(--panel),4px_4px_0_var(--line-strong)]" : ""} ${node.isFaint ? "border-dashed" : ""}`}
    >
      <span className="flex items-center gap-2">
        {node.icon && <Icon name={node.icon} size={14} className="shrink-0 text-faint" />}
        <span
          className={`min-w-0 flex-1 truncate text-sm ${node.isFaint ? "text-faint" : "font-medium"}`}
          title={node.label}
        >
          {node.label}
        </span>
        {look && (
          <span className={`shrink-0 ${toneClasses[look.tone].ink}`}>
            <Icon
              name={look.icon}
              size={14}
              strokeWidth={2}
              label={look.word}
              className={look.icon === "spinner" ? "turning" : undefined}
            />
          </span>
        )}
      </span>
      <span className="truncate text-xs text-faint">
        {node.states ? (
          <StateCounts states={node.states} />
        ) : (
          [node.kind, node.detail ?? look?.word].filter(Boolean).join(" · ")
        )}
      </span>
    </span>
  );
});

/** How many are in which state: the icon, the number and, for who cannot see it, the word. */
export function StateCounts({ states }: { states: Readonly<Record<string, number>> }) {
  return (
    <span className="inline-flex gap-2.5">
      {Object.entries(states).map(([state, count]) => {
        const look = lookOf(state);
        return (
          <span
            key={state}
            title={`${number(count)} ${look.word}`}
            className={`tabular inline-flex items-center gap-0.5 ${toneClasses[look.tone].ink}`}
          >
            <Icon name={look.icon} size={12} strokeWidth={2} label={look.word} />
            {number(count)}
          </span>
        );
      })}
    </span>
  );
}
