import { z } from "zod";

import { isPermission } from "../auth/index.ts";
import { Problem } from "../errors.ts";
import { problems } from "./problems.ts";
import type { Route } from "./routes.ts";

/** Checks the whole route table before the server exists; an open or ambiguous route must not start. */
export function checkRoutes(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const route of routes) {
    const name = `${route.methods.join("|")} ${route.path}`;
    if (route.permission !== "public" && !isPermission(route.permission)) {
      throw new Problem(problems.route_without_permission, {
        message: `The route ${name} declares no permission.`,
      });
    }
    checkParameters(route, name);
    for (const method of route.methods) {
      const shape = `${method} ${route.path.replace(/:\w+/g, ":")}`;
      if (seen.has(shape)) {
        throw new Problem(problems.route_declared_twice, {
          message: `The route ${method} ${route.path} is declared twice.`,
        });
      }
      seen.add(shape);
    }
  }
}

function checkParameters(route: Route, name: string): void {
  const { params } = route.schemas;
  if (!(params instanceof z.ZodObject)) return;
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, parameter]) => parameter).toSorted();
  const inSchema = Object.keys(params.shape).toSorted();
  if (JSON.stringify(inPath) === JSON.stringify(inSchema)) return;
  throw new Problem(problems.route_parameters_differ, {
    message: `The route ${name} names ${inPath.join(", ")} in its path and ${inSchema.join(", ")} in its schema.`,
  });
}
