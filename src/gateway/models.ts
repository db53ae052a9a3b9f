import { readFile } from "node:fs/promises";

import { openOnnxModel, openRule, parseRule } from "#registry/runtimes";
import type { RunnableModel } from "#registry/runtimes";
import { isStaging } from "#serving/routing";
import type { RoutingTable, UnopenedModel, Variant } from "#serving/routing";

import { createBatcher } from "./batch.ts";
import type { Batcher, Score } from "./batch.ts";

/** The models that are open, one per version however many routes name it. */
export interface OpenModels {
  /**
   * Opens what the table needs that is not open yet. Gives the table without the variants that could not
   * be opened, and why: one broken file must not keep the other routes from changing.
   */
  prepare(
    table: RoutingTable,
  ): Promise<{ readonly table: RoutingTable; readonly unopened: readonly UnopenedModel[] }>;
  /** Closes what the table no longer needs, each when its last request has its answer. */
  retire(table: RoutingTable): void;
  /** Undefined when the variant's model was retired. */
  score(variant: Variant): Score | undefined;
}

interface OpenModel {
  readonly model: RunnableModel;
  readonly batcher: Batcher;
}

export function createModels(): OpenModels {
  const open = new Map<string, OpenModel>();

  async function openOnce(variant: Variant): Promise<void> {
    if (open.has(variant.modelVersionId)) return;
    const model = await openVariant(variant);
    await warmUp(model);
    open.set(variant.modelVersionId, { model, batcher: createBatcher(model) });
  }

  return {
    async prepare(table) {
      const reasons = new Map<string, string>();
      for (const variant of variantsOf(table)) {
        try {
          await openOnce(variant);
        } catch (error) {
          reasons.set(variant.modelVersionId, error instanceof Error ? error.message : String(error));
        }
      }
      const isOpen = (variant: Variant): boolean => open.has(variant.modelVersionId);
      const routes = table.routes
        .filter((route) => !isStaging(route) || route.variants.every(isOpen))
        .map((route) => ({ ...route, variants: route.variants.filter(isOpen) }));
      const unopened = [...reasons].map(([modelVersionId, reason]) => ({ modelVersionId, reason }));
      return { table: { ...table, routes }, unopened };
    },
    retire(table) {
      const needed = new Set(variantsOf(table).map((variant) => variant.modelVersionId));
      for (const [id, { model, batcher }] of open) {
        if (needed.has(id)) continue;
        open.delete(id);
        void batcher.settled().then(() => model.close());
      }
    },
    score: (variant) => open.get(variant.modelVersionId)?.batcher.score,
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
