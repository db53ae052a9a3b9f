import type { Database } from "#kernel/db";
import { digestOf } from "#kernel/digest";
import type { Digest } from "#kernel/digest";

import type { Graph } from "../definition/graph.ts";
import { defaultSettings } from "../definition/settings.ts";
import type { Stage } from "../definition/stages.ts";

/** One step of a plan: its stage, and the places in the plan of those it comes after. */
export interface PlanStep {
  readonly stage: Stage;
  readonly after: readonly number[];
}

/** What an execution does, in an order in which each step comes after those it depends on. */
export interface ExecutionPlan {
  readonly digest: Digest;
  readonly steps: readonly PlanStep[];
}

/** The plans of executions. Those used last stay in memory, for most executions of a project have the same. */
export interface Plans {
  /** Writes it in the caller's transaction, unless an earlier execution had the same. */
  save(graph: Graph): Promise<ExecutionPlan>;
  read(digest: Digest): Promise<ExecutionPlan>;
}

const stepsAtOnce = 2_000;
const rememberedSteps = 200_000;

export function createPlans(db: Database): Plans {
  const remembered = new Map<Digest, ExecutionPlan>();
  const remember = (plan: ExecutionPlan): ExecutionPlan => {
    remembered.delete(plan.digest);
    remembered.set(plan.digest, plan);
    let steps = 0;
    for (const known of [...remembered.values()].toReversed()) {
      steps += known.steps.length;
      if (steps > rememberedSteps && known !== plan) remembered.delete(known.digest);
    }
    return plan;
  };
  return {
    async save(graph) {
      const steps = stepsOf(graph);
      const parts: string[] = [];
      for (let start = 0; start < steps.length; start += stepsAtOnce)
        parts.push(encode(steps.slice(start, start + stepsAtOnce)));
      const digest = digestOf(parts.join("\n"));
      await insertPlan(db, digest, parts);
      return remember({ digest, steps });
    },
    async read(digest) {
      const known = remembered.get(digest);
      if (known !== undefined) return remember(known);
      const parts = await readParts(db, digest);
      return remember({ digest, steps: parts.flatMap(decode) });
    },
  };
}

function stepsOf(graph: Graph): readonly PlanStep[] {
  const places = new Map(graph.stages.map(({ name }, place) => [name, place]));
  return graph.stages.map((stage) => ({
    stage,
    after: (graph.dependsOn.get(stage.name) ?? []).flatMap((name) => places.get(name) ?? []),
  }));
}

type Encoded = Partial<Stage> & { readonly after: readonly number[] };

/** Each stage by what it has of its own: parts that the one before shares with it are left out. */
function encode(steps: readonly PlanStep[]): string {
  let before: Stage | undefined;
  const encoded = steps.map(({ stage, after }): Encoded => {
    const own = before === undefined ? stage : differing(stage, before);
    before = stage;
    return { ...own, after };
  });
  return JSON.stringify(encoded);
}

function differing(stage: Stage, before: Stage): Partial<Stage> {
  return {
    name: stage.name,
    ...(stage.commands === before.commands ? {} : { commands: stage.commands }),
    ...(stage.cmd === before.cmd ? {} : { cmd: stage.cmd }),
    ...(stage.wdir === before.wdir ? {} : { wdir: stage.wdir }),
    ...(stage.deps === before.deps ? {} : { deps: stage.deps }),
    ...(stage.params === before.params ? {} : { params: stage.params }),
    ...(stage.outs === before.outs ? {} : { outs: stage.outs }),
    ...(stage.frozen === before.frozen ? {} : { frozen: stage.frozen }),
    ...(stage.alwaysChanged === before.alwaysChanged ? {} : { alwaysChanged: stage.alwaysChanged }),
    ...(stage.description === before.description ? {} : { description: stage.description }),
    ...(stage.meta === before.meta ? {} : { meta: stage.meta }),
    ...(stage.settings === before.settings ? {} : { settings: stage.settings }),
    ...(stage.position === before.position ? {} : { position: stage.position }),
  };
}

function decode(content: string): readonly PlanStep[] {
  const encoded: readonly Encoded[] = JSON.parse(content);
  let stage: Stage = emptyStage;
  return encoded.map(({ after, ...own }) => {
    // Plans from before a setting existed have none of it.
    const settings = own.settings === undefined ? stage.settings : { ...defaultSettings, ...own.settings };
    stage = { ...stage, ...own, settings };
    return { stage, after };
  });
}

const emptyStage: Stage = {
  name: "",
  commands: [],
  cmd: "",
  wdir: ".",
  deps: [],
  params: [],
  outs: [],
  frozen: false,
  alwaysChanged: false,
  description: null,
  meta: null,
  settings: defaultSettings,
  position: { file: "", line: 1, column: 1 },
};

async function insertPlan(db: Database, digest: Digest, parts: readonly string[]): Promise<void> {
  const first = await db.query
    .selectFrom("pipeline_plans")
    .select("part")
    .where("digest", "=", digest)
    .limit(1)
    .executeTakeFirst();
  if (first !== undefined) return;
  for (const [part, content] of parts.entries()) {
    await db.query
      .insertInto("pipeline_plans")
      .values({ digest, part, content })
      .onConflict((conflict) => conflict.columns(["digest", "part"]).doNothing())
      .execute();
  }
}

async function readParts(db: Database, digest: Digest): Promise<readonly string[]> {
  const rows = await db.query
    .selectFrom("pipeline_plans")
    .select("content")
    .where("digest", "=", digest)
    .orderBy("part")
    .execute();
  return rows.map(({ content }) => content);
}
