import { readFile } from "node:fs/promises";

import { openOnnxModel, openRule, parseRule } from "#registry/runtimes";
import type { RunnableModel } from "#registry/runtimes";

import { createBatcher } from "./batch.ts";
import type { Score } from "./batch.ts";
import type { RoutingTable, Variant } from "#serving/routing";

/** The models that are open, one per version however many routes name it. */
export interface OpenModels {
  /** Opens what the table needs that is not open yet. After it resolves, every variant can score. */
  prepare(table: RoutingTable): Promise<void>;
  /** Closes what the table no longer needs. */
  retire(table: RoutingTable): Promise<void>;
  score(variant: Variant): Score;
}

interface OpenModel {
  readonly model: RunnableModel;
  readonly score: Score;
}

export function createModels(): OpenModels {
  const open = new Map<string, OpenModel>();

  return {
    async prepare(table) {
      for (const variant of variantsOf(table)) {
        if (open.has(variant.modelVersionId)) continue;
        const model = await openVariant(variant);
        await warmUp(model);
        open.set(variant.modelVersionId, { model, score: createBatcher(model) });
      }
    },
    async retire(table) {
      const needed = new Set(variantsOf(table).map((variant) => variant.modelVersionId));
      for (const [id, { model }] of open) {
        if (needed.has(id)) continue;
        open.delete(id);
        // Requests of this turn may still hold the model.
        setImmediate(() => void model.close());
      }
    },
    score(variant) {
      const found = open.get(variant.modelVersionId);
      if (found === undefined) throw new Error(`${variant.modelVersionId} is not open`);
      return found.score;
    },
  };
}

function variantsOf(table: RoutingTable): Variant[] {
  return table.routes.flatMap((route) => route.variants);
}

async function openVariant(variant: Variant): Promise<RunnableModel> {
  switch (variant.kind) {
    case "onnx":
      return await openOnnxModel(variant.runnablePath, variant.signature);
    case "rule":
      return openRule(parseRule(await readFile(variant.runnablePath, "utf8"), "baseline.yaml"));
  }
}

/** The first call of a session allocates and is slow; it is not to be a customer's. */
async function warmUp(model: RunnableModel): Promise<void> {
  const sample = Object.fromEntries(
    model.signature.inputs.map((input) => [input.name, input.datatype === "BYTES" ? "warm up" : 0]),
  );
  await model.score([sample]);
}
