import type { GraphEdge } from "./entities.ts";

// A picture or an answer of more says nothing to anybody; whoever needs it asks from further along.
export const mostNodes = 2_000;

export interface Walked {
  readonly nodes: readonly string[];
  readonly edges: readonly GraphEdge[];
  readonly isCut: boolean;
}

/** Walks from a node along edges in both directions, breadth first, at most `depth` steps. */
export async function walk(
  start: string,
  depth: number,
  edgesAt: (nodes: readonly string[]) => Promise<readonly GraphEdge[]>,
): Promise<Walked> {
  const nodes = new Set([start]);
  const edges = new Map<string, GraphEdge>();
  let border: readonly string[] = [start];
  for (let step = 0; step < depth && border.length > 0; step++) {
    const next = new Set<string>();
    for (const edge of await edgesAt(border)) {
      const ends = [edge.origin, edge.destination].filter((end) => !nodes.has(end) && !next.has(end));
      if (nodes.size + next.size + ends.length > mostNodes) {
        return cut([...nodes, ...next], edges);
      }
      for (const end of ends) next.add(end);
      const name = [edge.origin, edge.destination, edge.originField, edge.destinationField].join("\n");
      const known = edges.get(name);
      if (known === undefined || known.lastSeenAtMs < edge.lastSeenAtMs) edges.set(name, edge);
    }
    for (const end of next) nodes.add(end);
    border = [...next];
  }
  return { nodes: [...nodes], edges: [...edges.values()], isCut: false };
}

function cut(nodes: readonly string[], edges: ReadonlyMap<string, GraphEdge>): Walked {
  const kept = new Set(nodes);
  const within = [...edges.values()].filter(
    ({ origin, destination }) => kept.has(origin) && kept.has(destination),
  );
  return { nodes, edges: within, isCut: true };
}
