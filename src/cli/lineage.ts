import { z } from "zod";

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
  const labels = new Map(nodes.map((node) => [node.id, `${node.kind.replaceAll("_", " ")} ${node.label}`]));
  const drawn = new Set<string>();
  const draw = (id: string, first: string, rest: string, relation: string): string[] => {
    const label = labels.get(id) ?? id;
    const isRepeated = drawn.has(id);
    drawn.add(id);
    const line = `${first}${label}${relation === "" ? "" : ` (${relation})`}${isRepeated ? " ↑" : ""}`;
    if (isRepeated) return [line];
    const sources = edges.filter(({ to }) => to === id);
    const below = sources.flatMap(({ from, label: how }, index) => {
      const isLast = index === sources.length - 1;
      return draw(from, `${rest}${isLast ? "└─ " : "├─ "}`, `${rest}${isLast ? "   " : "│  "}`, how);
    });
    return [line, ...below];
  };
  return draw(top, "", "", "");
}
