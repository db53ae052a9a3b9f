import { z } from "zod";

import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";
import type { Asking, Registry } from "#registry";

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
  registry: Pick<Registry, "findVersion" | "gate">,
): readonly Route[] {
  const { gate } = registry;
  /** A release of the project in the path, when the visitor may with its model. */
  const find = async (params: z.infer<typeof releaseParams>, asking: Asking): Promise<Release> => {
    const release = await delivery.getRelease(params.release).catch(ignoreAbsent);
    if (release?.project === params.project) {
      await gate.pass(release.project, release.model, asking);
      return release;
    }
    await asking.allow(params.project);
    throw releaseNotFound(params.release, params.project);
  };
  /** Passes when the visitor may with every model that answers there, or with the project where none does. */
  const passPlace = async (project: string, environment: string, asking: Asking): Promise<void> => {
    const releases = (await delivery.listReleases(project)).filter(
      (one) => one.environment === environment && (one.state === "live" || one.state === "rolling_out"),
    );
    if (releases.length === 0) await asking.allow(project);
    for (const { model } of releases) await gate.pass(project, model, asking);
  };
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/releases",
      permission: "run:read",
      scope: "handler",
      summary: "The releases of a project, newest first",
      params: projectParams,
      response: z.object({ releases: z.array(releaseSchema) }),
      async handler({ params: { project }, ...asking }) {
        const releases = await gate.only(project, await delivery.listReleases(project), asking);
        return { releases: releases.map(present) };
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/projects/:project/releases",
      permission: "release:request",
      scope: "handler",
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
      async handler({ params, body, principal, ...asking }) {
        await gate.pass(params.project, body.model, asking);
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
      permission: "run:read",
      scope: "handler",
      summary: "One release with its gates, approvals and rollout",
      params: releaseParams,
      response: answer,
      handler: async ({ params, ...asking }) => ({ release: present(await find(params, asking)) }),
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/projects/:project/releases/:release/approve",
      permission: "release:approve",
      scope: "handler",
      summary: "Approve a release that someone else asked for",
      params: releaseParams,
      body: z.strictObject({ note: z.string().optional() }),
      response: answer,
      handler: async ({ params, body, principal, ...asking }) => ({
        release: present(
          await commands.approveRelease({
            releaseId: (await find(params, asking)).id,
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
      scope: "handler",
      summary: "Decline a release, with the reason",
      params: releaseParams,
      body: z.strictObject({ reason: z.string().min(1) }),
      response: answer,
      handler: async ({ params, body, principal, ...asking }) => ({
        release: present(
          await commands.declineRelease({
            releaseId: (await find(params, asking)).id,
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
      scope: "handler",
      summary: "End the release under way, or go back to the one before the live one",
      params: projectParams,
      body: z.strictObject({ environment: z.string().default("production"), reason: z.string().min(1) }),
      response: answer,
      async handler({ params: { project }, body: { environment, reason }, principal, ...asking }) {
        await passPlace(project, environment, asking);
        const release = await commands.rollBack({ project, environment, reason, actor: principal.id });
        return { release: present(release) };
      },
    }),
  ];
}

function ignoreAbsent(error: unknown): undefined {
  if (error instanceof Problem && error.kind === "not_found") return undefined;
  throw error;
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
