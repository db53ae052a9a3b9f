import type { LayoutAnswer, LayoutRequest, PlacedNode } from "./layout.ts";

const rankGap = 64;
const nodeGap = 22;
const margin = 16;
const sweeps = 6;

/**
 * Places graphs too large for dagre (which takes 28 s for 2,000 nodes): ranks by longest path, order in
 * the ranks by the middle of the neighbours, and a rank of very many nodes as a block of several columns.
 * Time grows with nodes and edges; 2,000 nodes take some ten milliseconds.
 */
export function placeLayered({ id, nodes, edges, direction }: LayoutRequest): LayoutAnswer {
  const place = new Map(nodes.map((node, index) => [node.id, index]));
  const before: number[][] = nodes.map(() => []);
  const after: number[][] = nodes.map(() => []);
  const known: { from: number; to: number }[] = [];
  for (const edge of edges) {
    const [from, to] = [place.get(edge.from), place.get(edge.to)];
    if (from === undefined || to === undefined || from === to) continue;
    known.push({ from, to });
    after[from]?.push(to);
    before[to]?.push(from);
  }
  const ranks = toRanks(before, after);
  order(ranks, before, after);
  const placed = coordinates(ranks, nodes, direction);
  const size = extent(placed);
  return {
    id,
    ...size,
    nodes: placed,
    edges: known.flatMap(({ from, to }) => {
      const [a, b] = [placed[from], placed[to]];
      return a && b ? [{ from: a.id, to: b.id, points: bend(a, b, direction) }] : [];
    }),
  };
}

/** Each node behind all it comes after; a ring is cut where it is first met. */
function toRanks(before: readonly number[][], after: readonly number[][]): number[][] {
  const rank = before.map(() => 0);
  const open = before.map((list) => list.length);
  const ready = open.flatMap((count, node) => (count === 0 ? [node] : []));
  for (let at = 0; at < ready.length; at++) {
    const node = ready[at] ?? 0;
    for (const next of after[node] ?? []) {
      rank[next] = Math.max(rank[next] ?? 0, (rank[node] ?? 0) + 1);
      open[next] = (open[next] ?? 0) - 1;
      if (open[next] === 0) ready.push(next);
    }
  }
  // A source stands right before what first needs it, not at the far left.
  for (const node of ready.toReversed()) {
    const list = after[node] ?? [];
    if ((before[node] ?? []).length > 0 || list.length === 0) continue;
    rank[node] = Math.max(0, Math.min(...list.map((next) => rank[next] ?? 0)) - 1);
  }
  const ranks: number[][] = [];
  rank.forEach((value, node) => (ranks[value] ??= []).push(node));
  return ranks.filter((nodes) => nodes !== undefined);
}

function order(ranks: number[][], before: readonly number[][], after: readonly number[][]): void {
  const position = new Map<number, number>();
  const number = (rank: readonly number[]) =>
    rank.forEach((node, index) => position.set(node, (index + 0.5) / rank.length));
  ranks.forEach(number);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const down = sweep % 2 === 0;
    for (const rank of down ? ranks : ranks.toReversed()) {
      const middle = new Map(
        rank.map((node) => {
          const near = (down ? before : after)[node] ?? [];
          const sum = near.reduce((all, each) => all + (position.get(each) ?? 0), 0);
          return [node, near.length === 0 ? (position.get(node) ?? 0) : sum / near.length];
        }),
      );
      rank.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0));
      number(rank);
    }
  }
}

function coordinates(
  ranks: readonly number[][],
  nodes: LayoutRequest["nodes"],
  direction: "LR" | "TB",
): PlacedNode[] {
  const { width = 1, height = 1 } = nodes[0] ?? {};
  const [deep, wide] = direction === "LR" ? [width, height] : [height, width];
  const placed: PlacedNode[] = [];
  const rows = ranks.map((rank) => rowsOf(rank.length, deep + nodeGap, wide + nodeGap));
  const widest = Math.max(...rows, 1) * (wide + nodeGap);
  let along = margin;
  ranks.forEach((rank, at) => {
    const perColumn = rows[at] ?? 1;
    const start = margin + (widest - perColumn * (wide + nodeGap)) / 2;
    rank.forEach((node, index) => {
      const column = Math.floor(index / perColumn);
      const inColumn = Math.min(perColumn, rank.length - column * perColumn);
      const lead = ((perColumn - inColumn) * (wide + nodeGap)) / 2;
      const [a, b] = [
        along + column * (deep + nodeGap),
        start + lead + (index % perColumn) * (wide + nodeGap),
      ];
      const { id = "" } = nodes[node] ?? {};
      placed[node] = { id, width, height, ...(direction === "LR" ? { x: a, y: b } : { x: b, y: a }) };
    });
    along += Math.ceil(rank.length / perColumn) * (deep + nodeGap) - nodeGap + rankGap;
  });
  return placed;
}

/** Up to thirty nodes stand in one column; more make a block about as wide as high. */
function rowsOf(count: number, columnWidth: number, rowHeight: number): number {
  return count <= 30 ? count : Math.max(30, Math.ceil(Math.sqrt((count * columnWidth) / rowHeight)));
}

function extent(placed: readonly PlacedNode[]): { width: number; height: number } {
  let [width, height] = [0, 0];
  for (const node of placed) {
    width = Math.max(width, node.x + node.width + margin);
    height = Math.max(height, node.y + node.height + margin);
  }
  return { width, height };
}

function bend(a: PlacedNode, b: PlacedNode, direction: "LR" | "TB") {
  if (direction === "LR") {
    const [start, end] = [
      { x: a.x + a.width, y: a.y + a.height / 2 },
      { x: b.x, y: b.y + b.height / 2 },
    ];
    const middle = (start.x + end.x) / 2;
    return [start, { x: middle, y: start.y }, { x: middle, y: end.y }, end];
  }
  const [start, end] = [
    { x: a.x + a.width / 2, y: a.y + a.height },
    { x: b.x + b.width / 2, y: b.y },
  ];
  const middle = (start.y + end.y) / 2;
  return [start, { x: start.x, y: middle }, { x: end.x, y: middle }, end];
}
