import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import { suggestName } from "./suggest.ts";
import { overlap } from "./paths.ts";
import type { Stage } from "./stages.ts";

/** The stages in an order in which each comes after those it depends on. */
export interface Graph {
  readonly stages: readonly Stage[];
  /** The names of the stages that a stage reads from. */
  readonly dependsOn: ReadonlyMap<string, readonly string[]>;
}

/**
 * Ties stages together through paths: one depends on another when it reads what lies at, in or above an
 * out of the other. Throws `outputs_overlap` and `pipeline_cycle`.
 */
export function connect(stages: readonly Stage[]): Graph {
  const producers = stages.flatMap((stage) => stage.outs.map((out) => ({ path: out.path, stage })));
  refuseOverlaps(producers);
  const producersOf = indexProducers(producers);
  const dependsOn = new Map(
    stages.map((stage) => {
      const names = inputPaths(stage).flatMap(producersOf);
      return [stage.name, [...new Set(names)].filter((name) => name !== stage.name)];
    }),
  );
  return { stages: order(stages, dependsOn), dependsOn };
}

/** Everything a stage reads: its dependencies and the files of its parameters. */
export function inputPaths(stage: Stage): readonly string[] {
  return [...stage.deps, ...stage.params.map((parameters) => parameters.file)];
}

/**
 * The part of the graph that makes the targets: stages by name (`train`, `train@small`, or `train` for
 * all its variants) or paths a stage produces. All of it without targets. Throws `stage_unknown`.
 */
export function select(graph: Graph, targets: readonly string[]): Graph {
  if (targets.length === 0) return graph;
  const wanted = new Set<string>();
  const add = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const earlier of graph.dependsOn.get(name) ?? []) add(earlier);
  };
  for (const target of targets) for (const stage of findStages(graph, target)) add(stage.name);
  const stages = graph.stages.filter((stage) => wanted.has(stage.name));
  return {
    stages,
    dependsOn: new Map(stages.map(({ name }) => [name, graph.dependsOn.get(name) ?? []])),
  };
}

export function findStages(graph: Graph, target: string): readonly Stage[] {
  const exact = graph.stages.filter((stage) => stage.name === target);
  if (exact.length > 0) return exact;
  const group = graph.stages.filter((stage) => stage.name.startsWith(`${target}@`));
  if (group.length > 0) return group;
  const path = target.replace(/^\.\//, "").replace(/\/+$/, "");
  const producers = graph.stages.filter((stage) => stage.outs.some((out) => out.path === path));
  if (producers.length > 0) return producers;
  throw new Problem(problems.stage_unknown, {
    message: `The pipeline has no stage "${target}".`,
    next: suggestName(
      target,
      graph.stages.map((stage) => stage.name),
    ),
    data: { target },
  });
}

interface Producer {
  readonly path: string;
  readonly stage: Stage;
}

/** Answers who produces something at, in or above a path, without looking at every stage. */
function indexProducers(producers: readonly Producer[]): (path: string) => readonly string[] {
  const at = new Map<string, string>();
  const within = new Map<string, string[]>();
  for (const { path, stage } of producers) {
    at.set(path, stage.name);
    for (const folder of foldersAbove(path)) {
      const names = within.get(folder);
      if (names === undefined) within.set(folder, [stage.name]);
      else names.push(stage.name);
    }
  }
  return (path) => [
    ...(within.get(path) ?? []),
    ...[path, ...foldersAbove(path)].flatMap((candidate) => at.get(candidate) ?? []),
  ];
}

function foldersAbove(path: string): readonly string[] {
  if (path === ".") return [];
  const parts = path.split("/");
  return [".", ...parts.slice(0, -1).map((_part, index) => parts.slice(0, index + 1).join("/"))];
}

function refuseOverlaps(producers: readonly Producer[]): void {
  // Sorted so that a folder stands directly before what lies in it ("/" before every other sign).
  const sorted = producers.toSorted((a, b) => compare(`${a.path}/`, `${b.path}/`));
  for (const [index, { path, stage }] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next === undefined || next.stage === stage || !overlap(path, next.path)) continue;
    const relation =
      path === next.path ? `both produce ${path}` : `produce ${path} and ${next.path}, one within the other`;
    throw new Problem(problems.outputs_overlap, {
      message: `The stages "${stage.name}" and "${next.stage.name}" ${relation}.`,
      position: next.stage.position,
      data: { stages: [stage.name, next.stage.name], path },
    });
  }
}

function compare(a: string, b: string): number {
  const [left, right] = [a.replaceAll("/", "\0"), b.replaceAll("/", "\0")];
  return left < right ? -1 : left > right ? 1 : 0;
}

function order(
  stages: readonly Stage[],
  dependsOn: ReadonlyMap<string, readonly string[]>,
): readonly Stage[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const done = new Set<string>();
  const ordered: Stage[] = [];
  const remaining = (name: string): string[] => [...(dependsOn.get(name) ?? [])];
  for (const stage of stages) {
    if (done.has(stage.name)) continue;
    // A stack of our own: a chain of a hundred thousand stages is deeper than the engine's.
    const stack = [stage.name];
    const open = new Map([[stage.name, remaining(stage.name)]]);
    for (let name = stack.at(-1); name !== undefined; name = stack.at(-1)) {
      const next = open.get(name)?.shift();
      if (next !== undefined) {
        if (open.has(next)) throw cycle([...stack.slice(stack.indexOf(next)), next], byName.get(next));
        if (done.has(next)) continue;
        open.set(next, remaining(next));
        stack.push(next);
        continue;
      }
      stack.pop();
      open.delete(name);
      done.add(name);
      const finished = byName.get(name);
      if (finished !== undefined) ordered.push(finished);
    }
  }
  return ordered;
}

function cycle(ring: readonly string[], stage: Stage | undefined): Problem {
  return new Problem(problems.pipeline_cycle, {
    message: `Stages depend on each other in a ring: ${ring.join(" needs ")}.`,
    ...(stage === undefined ? {} : { position: stage.position }),
    data: { ring },
  });
}
