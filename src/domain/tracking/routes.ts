import type { Route } from "#kernel/http";

import { artifactRoutes } from "./artifact-routes.ts";
import { bulkRoutes } from "./bulk-routes.ts";
import type { RouteParts } from "./route-parts.ts";
import { createRunGate } from "./run-gate.ts";
import { runRoutes } from "./run-routes.ts";
import { seriesRoutes } from "./series-routes.ts";
import { viewRoutes } from "./view-routes.ts";

/** The routes of the product's own interface; MLflow's are in `protocols/mlflow`. */
export function createRoutes(parts: RouteParts): readonly Route[] {
  const gate = createRunGate(parts.tracking);
  return [
    ...viewRoutes(parts.views, gate),
    ...bulkRoutes(parts, gate),
    ...seriesRoutes(parts, gate),
    ...artifactRoutes(parts, gate),
    ...runRoutes(parts, gate),
  ];
}
