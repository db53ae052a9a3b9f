import { z } from "zod";

import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { Backfills } from "./backfills.ts";
import { keyOf } from "./idempotency-header.ts";
import type { Schedules } from "./schedules.ts";
import type { Triggers } from "./triggers.ts";

const base = "/api/v1/projects/:project";
const tags = ["pipelines"];
const name = z.string().regex(/^[\w.-]{1,100}$/, "letters, digits, dots and dashes");
const targets = z.array(z.string()).default([]);
const parameters = z.record(z.string(), z.unknown()).default({});

const schedule = z
  .object({
    id: z.string(),
    name: z.string(),
    cron: z.string(),
    timezone: z.string(),
    targets: z.array(z.string()).readonly(),
    parameters: z.record(z.string(), z.unknown()),
    missed: z.enum(["once", "all", "skip"]),
    overlap: z.enum(["skip", "allow"]),
    isPaused: z.boolean(),
    actor: z.string(),
    createdAtMs: z.number(),
    nextAtMs: z.number().nullable(),
    lastAtMs: z.number().nullable(),
    lastExecution: z.string().nullable(),
    lastOutcome: z.string().nullable(),
  })
  .meta({ id: "PipelineSchedule" });

const trigger = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(["webhook", "data"]),
    dataset: z.string().nullable(),
    targets: z.array(z.string()).readonly(),
    parameters: z.record(z.string(), z.unknown()),
    actor: z.string(),
    createdAtMs: z.number(),
  })
  .meta({ id: "PipelineTrigger" });

const partitionState = z.enum(["waiting", "running", "succeeded", "failed", "cancelled"]);
const backfill = z
  .object({
    id: z.string(),
    parameter: z.string(),
    targets: z.array(z.string()).readonly(),
    parameters: z.record(z.string(), z.unknown()),
    concurrency: z.number(),
    state: z.enum(["running", "succeeded", "failed", "cancelled"]),
    actor: z.string(),
    createdAtMs: z.number(),
    endedAtMs: z.number().nullable(),
    counts: z.partialRecord(partitionState, z.number()),
    partitions: z
      .array(
        z.object({
          position: z.number(),
          value: z.string(),
          execution: z.string().nullable(),
          state: partitionState,
          failure: z.string().nullable(),
        }),
      )
      .readonly(),
  })
  .meta({ id: "Backfill" });

/** What runs pipelines without anybody at a keyboard: schedules, triggers, backfills. */
export function createAutomationRoutes(parts: {
  readonly schedules: Schedules;
  readonly triggers: Triggers;
  readonly backfills: Backfills;
}): readonly Route[] {
  const { schedules, triggers, backfills } = parts;
  return [
    defineRoute({
      method: "GET",
      path: `${base}/schedules`,
      permission: "project:read",
      summary: "Lists the schedules of the pipeline, each with its next turn and what came of the last",
      tags,
      response: z.object({ schedules: z.array(schedule) }),
      handler: async ({ params }) => ({ schedules: [...(await schedules.list(params.project))] }),
    }),
    defineRoute({
      method: "PUT",
      path: `${base}/schedules/:name`,
      permission: "pipeline:run",
      summary: "Sets a schedule: cron in a time zone, what of missed turns is made up for",
      tags,
      params: z.object({ project: z.string(), name }),
      body: z.strictObject({
        cron: z.string().max(200),
        timezone: z.string().max(100).default("UTC"),
        targets,
        parameters,
        missed: z.enum(["once", "all", "skip"]).default("once"),
        overlap: z.enum(["skip", "allow"]).default("skip"),
      }),
      response: schedule,
      handler: async ({ params, body, principal }) =>
        await schedules.set({ ...params, ...body, actor: principal.id }),
    }),
    ...(["pause", "resume"] as const).map((verb) =>
      defineRoute({
        method: "POST",
        path: `${base}/schedules/:name/${verb}`,
        permission: "pipeline:run",
        summary: verb === "pause" ? "Pauses a schedule" : "Lets a paused schedule go on, from its next turn",
        tags,
        response: schedule,
        handler: async ({ params, principal }) =>
          await schedules.pause({ ...params, isPaused: verb === "pause", actor: principal.id }),
      }),
    ),
    defineRoute({
      method: "DELETE",
      path: `${base}/schedules/:name`,
      permission: "pipeline:run",
      summary: "Removes a schedule",
      tags,
      response: z.void(),
      handler: async ({ params, principal }) => await schedules.remove({ ...params, actor: principal.id }),
    }),
    defineRoute({
      method: "GET",
      path: `${base}/triggers`,
      permission: "project:read",
      summary: "Lists the triggers of the pipeline; their tokens are in no answer",
      tags,
      response: z.object({ triggers: z.array(trigger) }),
      handler: async ({ params }) => ({ triggers: [...(await triggers.list(params.project))] }),
    }),
    defineRoute({
      method: "PUT",
      path: `${base}/triggers/:name`,
      permission: "pipeline:run",
      summary:
        "Sets a trigger: a webhook, whose token is in this answer alone, or new versions of a data set",
      tags,
      params: z.object({ project: z.string(), name }),
      body: z.strictObject({
        kind: z.enum(["webhook", "data"]),
        dataset: z.string().nullable().default(null),
        targets,
        parameters,
      }),
      response: z.object({ trigger, token: z.string().nullable() }),
      handler: async ({ params, body, principal }) =>
        await triggers.set({ ...params, ...body, actor: principal.id }),
    }),
    defineRoute({
      method: "DELETE",
      path: `${base}/triggers/:name`,
      permission: "pipeline:run",
      summary: "Removes a trigger",
      tags,
      response: z.void(),
      handler: async ({ params, principal }) => await triggers.remove({ ...params, actor: principal.id }),
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/triggers/:trigger",
      permission: "public",
      summary: "Calls a webhook trigger with its token (Authorization: Bearer …), and begins its execution",
      tags,
      body: z.strictObject({ parameters: z.record(z.string(), z.unknown()).default({}) }),
      status: 202,
      response: z.object({ project: z.string(), execution: z.string(), state: z.string() }),
      async handler({ params, body, request }) {
        const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
        const key = keyOf(request.headers["idempotency-key"]);
        const { id, project, state } = await triggers.call({ ...params, token, ...body, ...key });
        return { project, execution: id, state };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/backfills`,
      permission: "project:read",
      summary: "Lists the newest backfills with their progress",
      tags,
      response: z.object({ backfills: z.array(backfill) }),
      handler: async ({ params }) => ({ backfills: [...(await backfills.list(params.project))] }),
    }),
    defineRoute({
      method: "POST",
      path: `${base}/backfills`,
      permission: "pipeline:run",
      summary: "Runs the pipeline for each of many values of one parameter, only so many at once",
      tags,
      body: z.strictObject({
        parameter: z.string().min(1).max(200),
        partitions: z.union([
          z.array(z.string().max(500)),
          z.strictObject({
            from: z.string(),
            to: z.string(),
            step: z.enum(["hour", "day", "week", "month"]).default("day"),
          }),
        ]),
        targets,
        parameters,
        concurrency: z.number().int().min(1).max(100).default(2),
      }),
      status: 201,
      response: backfill,
      handler: async ({ params, body, principal }) =>
        await backfills.start({ project: params.project, ...body, actor: principal.id }),
    }),
    defineRoute({
      method: "GET",
      path: `${base}/backfills/:backfill`,
      permission: "project:read",
      summary: "Shows a backfill with its partitions",
      tags,
      response: backfill,
      handler: async ({ params }) => await backfills.get(params.project, params.backfill),
    }),
    defineRoute({
      method: "POST",
      path: `${base}/backfills/:backfill/cancel`,
      permission: "pipeline:run",
      summary: "Cancels a backfill and what runs of it",
      tags,
      response: backfill,
      handler: async ({ params, principal }) =>
        await backfills.cancel({ project: params.project, id: params.backfill, actor: principal.id }),
    }),
  ];
}
