import { z } from "zod";

import { treeLines } from "./tree.ts";
import type { Branch } from "./tree.ts";

export const lineageSchema = z.object({
  nodes: z.array(z.object({ id: z.string(), kind: z.string(), label: z.string() })),
  edges: z.array(z.object({ from: z.string(), to: z.string(), label: z.string() })),
});
export type Lineage = z.infer<typeof lineageSchema>;

/**
 * What a thing came from as a tree, the thing on top. Edges run from what was used to what was made of
 * it; what was used twice is drawn once and named again.
 */
export function lineageTree({ nodes, edges }: Lineage, top: string): readonly string[] {
  const labels = new Map(nodes.map((node) => [node.id, labelOf(node)]));
  const drawn = new Set<string>();
  const branchOf = (id: string, relation: string): Branch => {
    const isRepeated = drawn.has(id);
    drawn.add(id);
    const text = `${labels.get(id) ?? id}${relation === "" ? "" : ` (${relation})`}`;
    if (isRepeated) return { text: `${text}, as above` };
    const sources = edges.filter(({ to }) => to === id);
    return { text, below: sources.map(({ from, label }) => branchOf(from, label)) };
  };
  return treeLines(branchOf(top, ""));
}

/** Some labels begin with the kind already, and one that is nothing else tells less than the id. */
function labelOf({ id, kind, label }: Lineage["nodes"][number]): string {
  const noun = kind.replaceAll("_", " ");
  if (label === noun) return `${noun} ${id}`;
  return label.startsWith(noun) ? label : `${noun} ${label}`;
}
