import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import { stagesOfCondition } from "./condition.ts";
import { foldersAbove } from "./path-set.ts";
import { isWithin } from "./paths.ts";
import { suggestName } from "./suggest.ts";
import type { Stage } from "./stages.ts";

/** The stages in an order in which each comes after those it depends on. */
export interface Graph {
  readonly stages: readonly Stage[];
  /** The names of the stages that a stage reads from. */
  readonly dependsOn: ReadonlyMap<string, readonly string[]>;
}

/**
 * Ties stages together through paths: one depends on another when it reads what lies at, in or above an
 * out of the other, or metrics of it in its condition. Throws `outputs_overlap` and `pipeline_cycle`.
 */
export function connect(stages: readonly Stage[]): Graph {
  const producers = indexProducers(stages);
  const known = new Set(stages.map(({ name }) => name));
  const dependsOn = new Map(
    stages.map((stage) => {
      const names = new Set(inputPaths(stage).flatMap(producers.at));
      for (const name of stagesAskedFor(stage, known)) names.add(name);
      names.delete(stage.name);
      return [stage.name, [...names]];
    }),
  );
  return { stages: order(stages, dependsOn), dependsOn };
}

/** Everything a stage reads: its dependencies and the files of its parameters. */
export function inputPaths(stage: Stage): readonly string[] {
  return [...stage.deps, ...stage.params.map((parameters) => parameters.file)];
}

/** The stages whose metrics its condition reads, which therefore come before it. Throws `stage_unknown`. */
function stagesAskedFor(stage: Stage, known: ReadonlySet<string>): readonly string[] {
  const names = stage.settings.when === null ? [] : stagesOfCondition(stage.settings.when.condition);
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return names;
  throw new Problem(problems.stage_unknown, {
    message: `The condition of the stage "${stage.name}" reads metrics of "${unknown}", which is no stage.`,
    next: suggestName(unknown, known),
    position: stage.position,
    data: { stage: stage.name, unknown },
  });
}

/**
 * The part of the graph that makes the targets: stages by name (`train`, `train@small`, or `train` for
 * all its variants) or paths a stage produces. All of it without targets. Throws `stage_unknown`.
 */
export function select(graph: Graph, targets: readonly string[]): Graph {
  if (targets.length === 0) return graph;
  const wanted = new Set<string>();
  const add = (target: string): void => {
    const stack = [target];
    for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
      if (wanted.has(name)) continue;
      wanted.add(name);
      for (const earlier of graph.dependsOn.get(name) ?? []) stack.push(earlier);
    }
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

interface Producers {
  /** The names of the stages that produce something at, in or above a path. */
  at(path: string): readonly string[];
}

/** Throws `outputs_overlap`. */
function indexProducers(stages: readonly Stage[]): Producers {
  const at = new Map<string, Stage>();
  const within = new Map<string, Stage[]>();
  for (const stage of stages) {
    for (const { path } of stage.outs) {
      const same = at.get(path);
      if (same !== undefined && same !== stage) throw overlapping(same, stage, path, path);
      const inner = within.get(path)?.find((other) => other !== stage);
      if (inner !== undefined) throw overlapping(stage, inner, path, outWithin(inner, path));
      for (const folder of foldersAbove(path)) {
        const outer = at.get(folder);
        if (outer !== undefined && outer !== stage) throw overlapping(outer, stage, folder, path);
        const members = within.get(folder);
        if (members === undefined) within.set(folder, [stage]);
        else members.push(stage);
      }
      at.set(path, stage);
    }
  }
  return {
    at: (path) => [
      ...(within.get(path) ?? []).map(({ name }) => name),
      ...[path, ...foldersAbove(path)].flatMap((candidate) => at.get(candidate)?.name ?? []),
    ],
  };
}

function outWithin(stage: Stage, folder: string): string {
  return stage.outs.find((out) => isWithin(out.path, folder))?.path ?? folder;
}

function overlapping(outer: Stage, inner: Stage, path: string, innerPath: string): Problem {
  const relation =
    path === innerPath ? `both produce ${path}` : `produce ${path} and ${innerPath}, one within the other`;
  return new Problem(problems.outputs_overlap, {
    message: `The stages "${outer.name}" and "${inner.name}" ${relation}.`,
    position: inner.position,
    data: { stages: [outer.name, inner.name], path },
  });
}

function order(
  stages: readonly Stage[],
  dependsOn: ReadonlyMap<string, readonly string[]>,
): readonly Stage[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const done = new Set<string>();
  const ordered: Stage[] = [];
  const remaining = (name: string): Iterator<string> => (dependsOn.get(name) ?? []).values();
  for (const stage of stages) {
    if (done.has(stage.name)) continue;
    // A stack of our own: a chain of a hundred thousand stages is deeper than the engine's.
    const stack = [stage.name];
    const open = new Map([[stage.name, remaining(stage.name)]]);
    for (let name = stack.at(-1); name !== undefined; name = stack.at(-1)) {
      const next = open.get(name)?.next().value;
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
