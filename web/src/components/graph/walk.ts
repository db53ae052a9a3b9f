import type { GraphEdge } from "./graph.ts";
import type { LayoutAnswer } from "./layout.ts";

/**
 * Where an arrow key leads from a node: along the direction of the graph to what follows or came before;
 * across it to the neighbour. Undefined for other keys, and where nothing is.
 */
export function walk(
  key: string,
  here: string,
  layout: LayoutAnswer,
  edges: readonly GraphEdge[],
  direction: "LR" | "TB",
): string | undefined {
  if (key === "Home") return layout.nodes[0]?.id;
  if (key === "End") return layout.nodes.at(-1)?.id;
  const node = layout.nodes.find((each) => each.id === here);
  if (!node) return undefined;
  const along = direction === "LR" ? ["ArrowRight", "ArrowLeft"] : ["ArrowDown", "ArrowUp"];
  const across = direction === "LR" ? ["ArrowDown", "ArrowUp"] : ["ArrowRight", "ArrowLeft"];
  const [axis, rank] = direction === "LR" ? (["y", "x"] as const) : (["x", "y"] as const);
  if (key === along[0]) return edges.find((edge) => edge.from === here)?.to;
  if (key === along[1]) return edges.find((edge) => edge.to === here)?.from;
  if (!across.includes(key)) return undefined;
  const sign = key === across[0] ? 1 : -1;
  let nearest: { id: string; distance: number } | undefined;
  for (const other of layout.nodes) {
    const distance = (other[axis] - node[axis]) * sign;
    if (Math.abs(other[rank] - node[rank]) >= 1 || distance <= 0) continue;
    if (nearest === undefined || distance < nearest.distance) nearest = { id: other.id, distance };
  }
  return nearest?.id;
}
