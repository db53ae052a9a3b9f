import { dvcVerbs, withSession } from "#protocols/dvc";
import type { Dag } from "#protocols/dvc";

import { drawDag } from "./dag-drawing.ts";
import { DvcCallError } from "./call-error.ts";
import type { DvcCommand } from "./command.ts";

export const dagCommand: DvcCommand = {
  name: "dag",
  says: "Visualize DVC project DAG.",
  options: [
    { flags: ["--dot"], says: "Print DAG with .dot format." },
    { flags: ["--mermaid"], says: "Print DAG with mermaid format." },
    { flags: ["--md"], says: "Print DAG with mermaid format wrapped in Markdown block." },
    {
      flags: ["--collapse-foreach-matrix"],
      says: "Collapse stages from each foreach/matrix definition into a single node.",
    },
    { flags: ["--full"], says: "Show full DAG that the target belongs too." },
    { flags: ["-o", "--outs"], says: "Print output files instead of stages." },
  ],
  targets: "any",
  targetName: "target",
  async act({ typed, here, output }) {
    const [target, extra] = typed.targets;
    if (extra !== undefined) throw new DvcCallError(`unrecognized arguments: ${extra}`);
    if (typed.has("outs") && typed.has("collapse-foreach-matrix"))
      throw new DvcCallError("`--outs` and `--collapse-foreach-matrix` are mutually exclusive");
    const { dag } = await dvcVerbs.dag();
    const graph = await withSession(
      { here, voice: output },
      async (session) =>
        await dag(session, {
          target,
          isFull: typed.has("full"),
          isOfOuts: typed.has("outs"),
          isCollapsed: typed.has("collapse-foreach-matrix"),
        }),
    );
    if (typed.has("dot")) output.print(dotText(graph));
    else if (typed.has("md")) output.print(`\`\`\`mermaid\n${mermaidText(graph)}\n\`\`\``);
    else if (typed.has("mermaid")) output.print(mermaidText(graph));
    else output.print(drawDag(graph));
    return 0;
  },
};

/** Edges by where they begin, then by where they end, both in the order of the nodes, as DVC's graph library has them. */
function dotText({ nodes, edges }: Dag): string {
  const place = new Map(nodes.map((node, index) => [node, index]));
  const placeOf = (node: string): number => place.get(node) ?? nodes.length;
  const ordered = edges.toSorted((a, b) => placeOf(a[0]) - placeOf(b[0]) || placeOf(a[1]) - placeOf(b[1]));
  const lines = [
    ...nodes.map((node) => `"${node}";`),
    ...ordered.map(([from, to]) => `"${from}" -> "${to}";`),
  ];
  return `${["strict digraph {", ...lines, "}"].join("\n")}\n`;
}

/** Node by node within each pipeline, as DVC numbers them. */
function mermaidText(graph: Dag): string {
  const lines = ["flowchart TD"];
  let count = 0;
  for (const { nodes, edges } of pipelinesOf(graph)) {
    const ids = new Map<string, string>();
    for (const node of nodes.toSorted()) {
      count += 1;
      ids.set(node, `node${count}`);
      lines.push(`\tnode${count}["${node}"]`);
    }
    for (const [from, to] of edges.toSorted((a, b) => (a.join("\0") < b.join("\0") ? -1 : 1)))
      lines.push(`\t${ids.get(from) ?? ""}-->${ids.get(to) ?? ""}`);
  }
  return lines.join("\n");
}

/** The parts of a graph that nothing connects. */
export function pipelinesOf({ nodes, edges }: Dag): readonly Dag[] {
  const near = new Map<string, string[]>(nodes.map((node) => [node, []]));
  for (const [from, to] of edges) {
    near.get(from)?.push(to);
    near.get(to)?.push(from);
  }
  const seen = new Set<string>();
  return nodes.flatMap((first): Dag[] => {
    if (seen.has(first)) return [];
    const part = new Set<string>();
    const waiting = [first];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      part.add(node);
      waiting.push(...(near.get(node) ?? []));
    }
    return [
      { nodes: nodes.filter((node) => part.has(node)), edges: edges.filter(([from]) => part.has(from)) },
    ];
  });
}
