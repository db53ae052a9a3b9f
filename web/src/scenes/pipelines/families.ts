/**
 * Which steps are drawn as one: the members of a `foreach` or `matrix` (`train@small`), or those with the
 * same beginning of their name (`features/clean`, `features/join`).
 */
export const groupings = ["families", "prefixes", "none"] as const;
export type Grouping = (typeof groupings)[number];

export interface Groups {
  /** What stands for a step in the graph: its group, or its own name. */
  standsIn: ReadonlyMap<string, string>;
  /** The names of the steps of each closed group, by the group's id. */
  members: ReadonlyMap<string, readonly string[]>;
  /** The ids of groups that were opened and can be closed. */
  open: readonly string[];
}

/** Few steps are told apart better than groups of them. */
export function usualGrouping(steps: number): Grouping {
  return steps > 15 ? "families" : "none";
}

/** Groups of at least two; those in `open` are shown as their members. */
export function groupSteps(names: readonly string[], grouping: Grouping, open: ReadonlySet<string>): Groups {
  const found = Map.groupBy(names, (name) => groupOf(name, grouping));
  const standsIn = new Map<string, string>();
  const members = new Map<string, readonly string[]>();
  const opened: string[] = [];
  for (const [group, list] of found) {
    const isGroup = group !== undefined && list.length > 1;
    if (isGroup && open.has(group)) opened.push(group);
    const isClosed = isGroup && !open.has(group);
    if (isClosed) members.set(group, list);
    for (const name of list) standsIn.set(name, isClosed ? group : name);
  }
  return { standsIn, members, open: opened };
}

/** Groups end in an ellipsis or an at sign with a star, which no stage's name may hold, so that none is mistaken for a step. */
function groupOf(name: string, grouping: Grouping): string | undefined {
  if (grouping === "none") return undefined;
  const at = name.indexOf("@");
  if (grouping === "families") return at > 0 ? `${name.slice(0, at)}@*` : undefined;
  const base = at > 0 ? name.slice(0, at) : name;
  const prefix = /^(.+?)(?:[/:.]|[_-](?=[^_-]))/.exec(base)?.[1] ?? base;
  return `${prefix}…`;
}

/** The edges between what stands for the steps, each once. */
export function groupEdges(
  steps: readonly { name: string; dependsOn: readonly string[] }[],
  { standsIn }: Groups,
): { from: string; to: string }[] {
  const edges = new Map<string, { from: string; to: string }>();
  for (const { name, dependsOn } of steps) {
    const to = standsIn.get(name);
    for (const before of dependsOn) {
      const from = standsIn.get(before);
      if (from !== undefined && to !== undefined && from !== to) edges.set(`${from}\n${to}`, { from, to });
    }
  }
  return [...edges.values()];
}

/** How many are in which state, what needs a look first; and the state that tells of the group. */
export function statesOf(states: readonly string[]): {
  counts: Readonly<Record<string, number>>;
  telling: string;
} {
  const found = Map.groupBy(states, (state) => state);
  const known = order.filter((state) => found.has(state));
  const others = [...found.keys()].filter((state) => !order.includes(state));
  const sorted = [...known, ...others];
  const counts = Object.fromEntries(sorted.map((state) => [state, found.get(state)?.length ?? 0]));
  return { counts, telling: sorted[0] ?? "pending" };
}

const order = ["failed", "running", "waiting", "pending", "cancelled", "skipped", "succeeded", "cached"];
