import { connect } from "#pipelines/definition";

import { graphStages } from "../repository/stage-graph.ts";
import { addressOf, isRepositoryImport, keyOf } from "../repository/stages.ts";
import type { TrackedStage } from "../repository/stages.ts";
import type { Session } from "../session.ts";
import { chooseStages } from "./targets.ts";

/** What stands in the picture, and which depends on which: `[from, to]` reads "to needs from". */
export interface Dag {
  readonly nodes: readonly string[];
  readonly edges: readonly (readonly [string, string])[];
}

export interface DagOptions {
  readonly target?: string | undefined;
  /** The whole pipeline of the target rather than what it needs. */
  readonly isFull?: boolean;
  /** Outs instead of stages. */
  readonly isOfOuts?: boolean;
  /** One node for all stages that a template gives. */
  readonly isCollapsed?: boolean;
}

/** The graph of a repository's stages. Throws `pipeline_cycle`, `outputs_overlap`, `dvc_target_unknown`. */
export async function dag(session: Session, options: DagOptions): Promise<Dag> {
  const project = await session.loadProject();
  const graph = connect(graphStages(project.stages));
  const address = new Map(project.stages.map((stage) => [keyOf(stage), addressOf(stage, session.show)]));
  const nameOf = (key: string): string => address.get(key) ?? key;
  let whole: Dag = {
    nodes: project.stages.map((stage) => nameOf(keyOf(stage))),
    edges: [...graph.dependsOn].flatMap(([key, needs]) =>
      needs.map((earlier) => [nameOf(earlier), nameOf(key)] as const),
    ),
  };
  let wanted: readonly string[] = [];
  if (options.target !== undefined) {
    const chosen = await chooseStages(session, project, { targets: [options.target] });
    wanted = chosen.map(({ stage }) => nameOf(keyOf(stage)));
  }
  if (wanted.length > 0) whole = limit(whole, wanted, options.isFull ?? false);
  if (options.isOfOuts === true) {
    const kept = new Set(whole.nodes);
    return ofOuts(
      session,
      project.stages.filter((stage) => kept.has(nameOf(keyOf(stage)))),
    );
  }
  return options.isCollapsed === true ? collapse(whole) : whole;
}

function limit(dag: Dag, wanted: readonly string[], isFull: boolean): Dag {
  const kept = new Set(wanted);
  for (let size = -1; size !== kept.size;) {
    size = kept.size;
    for (const [from, to] of dag.edges) {
      if (kept.has(to)) kept.add(from);
      if (isFull && kept.has(from)) kept.add(to);
    }
  }
  return {
    nodes: dag.nodes.filter((node) => kept.has(node)),
    edges: dag.edges.filter(([from, to]) => kept.has(from) && kept.has(to)),
  };
}

function collapse({ nodes, edges }: Dag): Dag {
  const group = (name: string): string => (name.endsWith(".dvc") ? name : (name.split("@")[0] ?? name));
  const collapsed = edges.map(([from, to]) => [group(from), group(to)] as const);
  return {
    nodes: [...new Set(nodes.map(group))],
    edges: [...new Map(collapsed.map((edge) => [edge.join("\0"), edge])).values()],
  };
}

function ofOuts(session: Session, stages: readonly TrackedStage[]): Dag {
  const outs = stages.flatMap((stage) => stage.outs.map(({ path }) => path));
  const edges = stages.flatMap((stage) => {
    if (isRepositoryImport(stage)) return [];
    const read = outs.filter((path) =>
      stage.dependencies.some(
        (dependency) =>
          dependency.path === path ||
          dependency.path.startsWith(`${path}/`) ||
          path.startsWith(`${dependency.path}/`),
      ),
    );
    return stage.outs.flatMap(({ path }) =>
      read.map((earlier) => [session.show(earlier), session.show(path)] as const),
    );
  });
  return { nodes: outs.map(session.show), edges };
}
