import type { Database } from "#kernel/db";
import type { Route } from "#kernel/http";
import type { Pipelines, StepListener } from "#pipelines";

import { createPipesListener } from "./listener.ts";
import type { ListenerParts } from "./listener.ts";
import { createRoutes } from "./routes.ts";

export { migrations } from "./store.ts";

/** Dagster Pipes: what steps report by it is heard, kept, and put into the run of the step. */
export function createDagsterPipes(
  parts: ListenerParts & {
    readonly db: Database;
    /** Built after those who listen to its steps. */
    readonly pipelines: () => Pick<Pipelines, "getExecution">;
  },
): { readonly listener: StepListener; readonly routes: readonly Route[] } {
  const getExecution = async (id: string) => await parts.pipelines().getExecution(id);
  return { listener: createPipesListener(parts), routes: createRoutes(parts.db, { getExecution }) };
}
