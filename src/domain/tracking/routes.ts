import { Problem } from "#kernel/errors";
import type { Route } from "#kernel/http";

import { artifactRoutes } from "./artifact-routes.ts";
import { bulkRoutes } from "./bulk-routes.ts";
import { problems } from "./problems.ts";
import type { RouteParts, RunOf } from "./route-parts.ts";
import { runRoutes } from "./run-routes.ts";
import { seriesRoutes } from "./series-routes.ts";
import { viewRoutes } from "./view-routes.ts";

/** The routes of the product's own interface; MLflow's are in `protocols/mlflow`. */
export function createRoutes(parts: RouteParts): readonly Route[] {
  const runOf: RunOf = async (project, runId) => {
    const run = await parts.tracking.getRun(runId);
    if (run.project === project) return run;
    throw new Problem(problems.run_not_found, {
      message: `Run with id=${runId} not found in the project ${project}`,
    });
  };
  return [
    ...viewRoutes(parts.views),
    ...bulkRoutes(parts),
    ...seriesRoutes(parts, runOf),
    ...artifactRoutes(parts, runOf),
    ...runRoutes(parts, runOf),
  ];
}
