/** Everything that can be allowed. Roles (in the access module) are sets of these; routes declare one each. */
export const permissions = [
  "project:read",
  "project:write",
  "data:write",
  "pipeline:run",
  "run:create",
  "run:write",
  "run:delete",
  "run:read",
  "model:create",
  "model:write",
  "model:delete",
  "release:request",
  "release:approve",
  "release:rollback",
  "deployment:write",
  "prediction:write",
  "outcome:write",
  "audit:read",
  "webhook:manage",
  "access:manage",
] as const;

export type Permission = (typeof permissions)[number];

/** What a route declares. `public` needs no principal: health, the API description, signing in. */
export type RoutePermission = Permission | "public";

export function isPermission(value: unknown): value is Permission {
  return permissions.some((permission) => permission === value);
}
