import { z } from "zod";

import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";
import type { Registry } from "#registry";

import type { DeliveryCommands } from "./commands.ts";
import type { Delivery, Release } from "./index.ts";
import { releaseNotFound } from "./problems.ts";
import { releaseSchema } from "./store.ts";

const projectParams = z.object({ project: z.string() });
const releaseParams = projectParams.extend({ release: z.string() });
const answer = z.object({ release: releaseSchema });

export function createRoutes(
  delivery: Delivery,
  commands: DeliveryCommands,
  registry: Pick<Registry, "findVersion">,
): readonly Route[] {
  /** The permission was checked for the project in the path, so the release must be one of it. */
  const find = async (params: z.infer<typeof releaseParams>): Promise<Release> => {
    const release = await delivery.getRelease(params.release);
    if (release.project === params.project) return release;
    throw releaseNotFound(params.release, params.project);
  };
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/releases",
      permission: "project:read",
      summary: "The releases of a project, newest first",
      params: projectParams,
      response: z.object({ releases: z.array(releaseSchema) }),
      handler: async ({ params }) => ({
        releases: (await delivery.listReleases(params.project)).map(present),
      }),
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/projects/:project/releases",
      permission: "release:request",
      summary: "Ask for a release of a model version",
      params: projectParams,
      body: z.strictObject({
        model: z.string(),
        version: z.string(),
        environment: z.string().default("production"),
        reason: z.string().min(1).optional(),
        exception: z.string().trim().min(1).optional(),
      }),
      response: answer,
      handler: async ({ params, body, principal }) => {
        const version = await registry.findVersion(params.project, body.model, body.version);
        const release = await commands.requestRelease({
          project: params.project,
          modelVersionId: version.id,
          environment: body.environment,
          actor: principal.id,
          ...(body.reason === undefined ? {} : { reason: body.reason }),
          ...(body.exception === undefined ? {} : { exception: body.exception }),
        });
        return { release: present(release) };
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/releases/:release",
      permission: "project:read",
      summary: "One release with its gates, approvals and rollout",
      params: releaseParams,
      response: answer,
      handler: async ({ params }) => ({ release: present(await find(params)) }),
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/projects/:project/releases/:release/approve",
      permission: "release:approve",
      summary: "Approve a release that someone else asked for",
      params: releaseParams,
      body: z.strictObject({ note: z.string().optional() }),
      response: answer,
      handler: async ({ params, body, principal }) => ({
        release: present(
          await commands.approveRelease({
            releaseId: (await find(params)).id,
            actor: principal.id,
            ...(body.note === undefined ? {} : { note: body.note }),
          }),
        ),
      }),
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/projects/:project/releases/:release/decline",
      permission: "release:approve",
      summary: "Decline a release, with the reason",
      params: releaseParams,
      body: z.strictObject({ reason: z.string().min(1) }),
      response: answer,
      handler: async ({ params, body, principal }) => ({
        release: present(
          await commands.declineRelease({
            releaseId: (await find(params)).id,
            actor: principal.id,
            reason: body.reason,
          }),
        ),
      }),
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/projects/:project/roll-back",
      permission: "release:rollback",
      summary: "End the release under way, or go back to the one before the live one",
      params: projectParams,
      body: z.strictObject({ environment: z.string().default("production"), reason: z.string().min(1) }),
      response: answer,
      handler: async ({ params, body, principal }) => ({
        release: present(
          await commands.rollBack({
            project: params.project,
            environment: body.environment,
            reason: body.reason,
            actor: principal.id,
          }),
        ),
      }),
    }),
  ];
}

function present(release: Release): z.infer<typeof releaseSchema> {
  return {
    ...release,
    gates: [...release.gates],
    approvals: [...release.approvals],
    steps: [...release.steps],
    thresholdCurve: [...release.thresholdCurve],
  };
}
