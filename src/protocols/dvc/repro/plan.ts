import { connect } from "#pipelines/definition";
import type { Graph } from "#pipelines/definition";

import { graphStages } from "../repository/stage-graph.ts";
import type { Project } from "../repository/project.ts";
import { keyOf } from "../repository/stages.ts";
import type { TrackedStage } from "../repository/stages.ts";

export interface PlanOptions {
  /** Only the stages named, without what they depend on. */
  readonly isSingleItem?: boolean;
  /** From the stages named to those that depend on them. */
  readonly isDownstream?: boolean;
  /** The whole pipelines that the stages named belong to. */
  readonly isPipeline?: boolean;
}

/** Stages in the order in which one after the other would run them, and what each of them waits for. */
export interface Plan {
  readonly stages: readonly TrackedStage[];
  /** By key: the stages of the plan a stage reads from. */
  readonly dependsOn: ReadonlyMap<string, readonly string[]>;
  /** By key: the stages of the plan that read from a stage, at any distance. */
  dependents(key: string): ReadonlySet<string>;
}

/** Throws `pipeline_cycle`, `outputs_overlap`. */
export function planReproduction(
  project: Project,
  targets: readonly TrackedStage[],
  options: PlanOptions = {},
): Plan {
  const graph = connect(graphStages(project.stages));
  const byKey = new Map(project.stages.map((stage) => [keyOf(stage), stage]));
  // A frozen stage does not look at what it depends on.
  const edges = new Map(
    [...graph.dependsOn].map(([key, needs]) => [key, byKey.get(key)?.isFrozen === true ? [] : needs]),
  );
  const keys = options.isSingleItem === true ? targets.map(keyOf) : orderOf(graph, edges, targets, options);
  const planned = new Set(keys);
  const dependsOn = new Map(
    keys.map((key) => [key, (edges.get(key) ?? []).filter((earlier) => planned.has(earlier))]),
  );
  const readers = reverse(dependsOn);
  return {
    stages: keys.flatMap((key) => byKey.get(key) ?? []),
    dependsOn,
    dependents: (key) => reach(readers, [key], new Set()),
  };
}

type Edges = ReadonlyMap<string, readonly string[]>;

function orderOf(
  graph: Graph,
  edges: Edges,
  targets: readonly TrackedStage[],
  { isDownstream = false, isPipeline = false }: PlanOptions,
): readonly string[] {
  const inOrder = graph.stages.map(({ name }) => name);
  if (targets.length === 0) return inOrder;
  const wanted = targets.map(keyOf);
  const readers = reverse(edges);
  const reached = isPipeline
    ? connectedTo(edges, readers, wanted)
    : new Set([...wanted, ...reach(isDownstream ? readers : edges, wanted, new Set())]);
  return inOrder.filter((key) => reached.has(key));
}

function reverse(edges: Edges): ReadonlyMap<string, readonly string[]> {
  const readers = new Map<string, string[]>();
  for (const [key, needs] of edges) {
    for (const earlier of needs) {
      const known = readers.get(earlier);
      if (known === undefined) readers.set(earlier, [key]);
      else known.push(key);
    }
  }
  return readers;
}

/** Everything that can be reached from some keys, without the keys themselves unless a way leads back. */
function reach(edges: Edges, from: readonly string[], seen: Set<string>): ReadonlySet<string> {
  const waiting = [...from];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    for (const next of edges.get(key) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(next);
    }
  }
  return seen;
}

function connectedTo(edges: Edges, readers: Edges, wanted: readonly string[]): ReadonlySet<string> {
  const both = new Map(
    [...new Set([...edges.keys(), ...readers.keys()])].map((key) => [
      key,
      [...(edges.get(key) ?? []), ...(readers.get(key) ?? [])],
    ]),
  );
  return new Set([...wanted, ...reach(both, wanted, new Set())]);
}
