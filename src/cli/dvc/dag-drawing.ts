import type { Dag } from "#protocols/dvc";

/**
 * The graph as text for people: a box for each stage, one row for those that could run beside each other,
 * and under its name what it needs. Programs take `--dot` or `--mermaid`.
 */
export function drawDag({ nodes, edges }: Dag): string {
  const needs = new Map<string, string[]>(nodes.map((node) => [node, []]));
  for (const [from, to] of edges) needs.get(to)?.push(from);
  const depth = new Map<string, number>();
  const depthOf = (node: string): number => {
    const known = depth.get(node);
    if (known !== undefined) return known;
    depth.set(node, 0);
    const found = Math.max(-1, ...(needs.get(node) ?? []).map(depthOf)) + 1;
    depth.set(node, found);
    return found;
  };
  const rows: string[][] = [];
  for (const node of nodes) (rows[depthOf(node)] ??= []).push(node);
  return rows.map((row) => drawRow(row, needs)).join("\n       |\n");
}

function drawRow(row: readonly string[], needs: ReadonlyMap<string, readonly string[]>): string {
  const boxes = row.map((node) => drawBox(node, needs.get(node) ?? []));
  const height = Math.max(...boxes.map((box) => box.length));
  return Array.from({ length: height }, (_, line) =>
    boxes
      .map((box) => (box[line] ?? "").padEnd(box[0]?.length ?? 0))
      .join("   ")
      .trimEnd(),
  ).join("\n");
}

function drawBox(node: string, needs: readonly string[]): readonly string[] {
  const lines = [node, ...needs.map((name) => `  needs ${name}`)];
  const width = Math.max(...lines.map((line) => line.length));
  const edge = `+${"-".repeat(width + 2)}+`;
  return [edge, ...lines.map((line) => `| ${line.padEnd(width)} |`), edge];
}
