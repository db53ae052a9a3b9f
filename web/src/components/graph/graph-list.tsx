import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { Icon } from "../icons.tsx";
import { lookOf, toneClasses } from "../states.ts";
import type { GraphEdge, GraphNode } from "./graph.ts";
import { StateCounts } from "./node-card.tsx";

const rowHeight = 41;

/** The graph as a list: each node with what it comes after. Only the rows in sight exist. */
export function GraphList({ label, nodes, edges, selected, onSelect, height }: GraphListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const after = useMemo(() => {
    const name = new Map(nodes.map((node) => [node.id, node.label]));
    const found = new Map<string, string[]>();
    for (const { from, to } of edges) {
      const list = found.get(to);
      const before = name.get(from) ?? from;
      if (list) list.push(before);
      else found.set(to, [before]);
    }
    return found;
  }, [nodes, edges]);
  const virtualizer = useVirtualizer({
    count: nodes.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  return (
    <div
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label={label}
      className="scroll-quiet overflow-y-auto -outline-offset-2"
      style={{ maxHeight: height }}
    >
      <ul aria-label={label} className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const node = nodes[item.index];
          if (!node) return null;
          const look = node.state ? lookOf(node.state) : undefined;
          return (
            <li
              key={node.id}
              aria-setsize={nodes.length}
              aria-posinset={item.index + 1}
              className="absolute inset-x-0 border-b border-line"
              style={{ top: item.start, height: rowHeight }}
            >
              <button
                type="button"
                onClick={() => onSelect?.(node.id)}
                aria-pressed={onSelect ? node.id === selected : undefined}
                className="flex h-10 w-full items-center gap-x-3 pr-16 pl-5 text-left text-sm whitespace-nowrap -outline-offset-2 hover:bg-hover aria-pressed:bg-accent-wash"
              >
                <span className="truncate font-medium">{node.label}</span>
                {node.states ? (
                  <StateCounts states={node.states} />
                ) : (
                  look && (
                    <span className={`inline-flex items-center gap-1 ${toneClasses[look.tone].ink}`}>
                      <Icon name={look.icon} size={14} />
                      {look.word}
                    </span>
                  )
                )}
                <span className="truncate text-faint">
                  {[node.kind, node.detail, afterWords(after.get(node.id))].filter(Boolean).join(" · ")}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

export interface GraphListProps {
  label: string;
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  selected: string | undefined;
  onSelect: ((id: string) => void) | undefined;
  height: number;
}

function afterWords(names: readonly string[] | undefined): string {
  if (!names) return "";
  const more = names.length - 3;
  return `after ${names.slice(0, 3).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
