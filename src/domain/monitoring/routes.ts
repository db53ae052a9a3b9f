import { z } from "zod";

import { Problem } from "#kernel/errors";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import type { MonitoringCommands } from "./commands.ts";
import { verdicts } from "./entities.ts";
import type { Incident } from "./entities.ts";
import type { Monitoring } from "./index.ts";
import type { ReleasesPort } from "./ports.ts";
import { problems } from "./problems.ts";
import {
  driftFeatureSchema,
  incidentSchema,
  list,
  monitorSchema,
  rolloutReadingSchema,
  traceSchema,
  windowSchema,
} from "./schemas.ts";

const base = "/api/v1/projects/:project";
const tags = ["monitoring"];

export function createRoutes(
  monitoring: Monitoring,
  commands: MonitoringCommands,
  releases: ReleasesPort,
): readonly Route[] {
  return [
    ...outcomeRoutes(commands),
    ...monitoringRoutes(monitoring, releases),
    ...incidentRoutes(monitoring, commands),
    ...predictionRoutes(monitoring),
  ];
}

function outcomeRoutes(commands: MonitoringCommands): Route[] {
  return [
    defineRoute({
      method: "POST",
      path: `${base}/outcomes`,
      permission: "outcome:write",
      summary: "Tells what turned out to be true; durable once answered, and harmless to repeat",
      tags,
      bodyLimitBytes: 4 * 1024 * 1024,
      body: z.strictObject({
        outcomes: z
          .array(
            z.strictObject({
              predictionId: z.string().min(1).max(200),
              value: z.string().max(1_000),
              observedAtMs: z.number().int().nonnegative(),
            }),
          )
          .min(1)
          .max(5_000),
      }),
      response: z.object({
        accepted: z.number(),
        corrected: z.number(),
        repeated: z.number(),
        unknown: z.number(),
      }),
      handler: async ({ params, body, principal }) =>
        await commands.recordOutcomes({
          project: params.project,
          outcomes: body.outcomes,
          actor: principal.id,
        }),
    }),
  ];
}

const range = { from: z.coerce.number().optional(), to: z.coerce.number().optional() };
const marker = z.object({ atMs: z.number(), text: z.string(), id: z.string() });

function monitoringRoutes(monitoring: Monitoring, releases: ReleasesPort): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: `${base}/monitoring`,
      permission: "project:read",
      summary: "What is watched, how it stands, and what is open",
      tags,
      response: z.object({
        evaluatedUntilMs: z.number().nullable(),
        predictions: z.number(),
        outcomes: z.number(),
        windowMs: z.number(),
        currency: z.string(),
        segments: list(z.string()),
        monitors: list(monitorSchema),
        openIncidents: list(incidentSchema),
      }),
      handler: async ({ params }) => await monitoring.overview(params.project),
    }),
    defineRoute({
      method: "GET",
      path: `${base}/monitoring/quality`,
      permission: "project:read",
      summary: "One metric over event time, with releases and incidents beside it",
      tags,
      query: z.object({
        metric: z.string().default("expected_cost"),
        segment: z.string().optional(),
        version: z.string().optional(),
        role: z.enum(["answered", "shadow"]).optional(),
        ...range,
      }),
      response: z.object({
        windows: list(windowSchema),
        /** Of the live release; null where there is none. */
        bound: z.number().nullable(),
        comparison: z.string().nullable(),
        releases: list(marker),
        incidents: list(marker),
      }),
      handler: async ({ params: { project }, query }) => {
        const { metric, segment, version, role, from, to } = query;
        const windows = await monitoring.quality(project, {
          metric,
          ...(segment === undefined ? {} : { segment }),
          ...(version === undefined ? {} : { modelVersionId: version }),
          ...(role === undefined ? {} : { role }),
          ...(from === undefined ? {} : { fromMs: from }),
          ...(to === undefined ? {} : { toMs: to }),
        });
        const rules = await monitoring.listMonitors(project);
        const rule = rules.find((one) => one.metric === metric && one.segment === (segment ?? null));
        const went = (await releases.listReleases(project)).flatMap(({ id, liveAtMs, number }) =>
          liveAtMs === null ? [] : [{ atMs: liveAtMs, text: `version ${number} live`, id }],
        );
        const incidents = (await monitoring.listIncidents(project)).map(({ id, onsetMs, title }) => ({
          atMs: onsetMs,
          text: title,
          id,
        }));
        return {
          windows,
          bound: rule?.bound ?? null,
          comparison: rule?.comparison ?? null,
          releases: went,
          incidents,
        };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/monitoring/drift`,
      permission: "project:read",
      summary:
        "What goes in and comes out against the first days of the live release, the strongest change first",
      tags,
      response: z.object({ features: list(driftFeatureSchema) }),
      handler: async ({ params }) => ({ features: await monitoring.drift(params.project) }),
    }),
    defineRoute({
      method: "GET",
      path: `${base}/monitoring/coverage`,
      permission: "project:read",
      summary: "For how many predictions the outcome is known, over event time",
      tags,
      response: z.object({
        arriveWithinMs: z.number(),
        windows: list(windowSchema),
        unknownOutcomes: z.number(),
      }),
      handler: async ({ params }) => await monitoring.coverage(params.project),
    }),
    defineRoute({
      method: "GET",
      path: `${base}/releases/:release/rollout`,
      permission: "project:read",
      summary:
        "The candidate beside the live version, now or when it was taken back; null when nothing was compared",
      tags,
      response: z.object({ reading: rolloutReadingSchema.nullable() }),
      handler: async ({ params }) => {
        const release = await releases.getRelease(params.release);
        const isOfProject = release.project === params.project;
        return { reading: isOfProject ? await monitoring.rolloutReading(params.release) : null };
      },
    }),
  ];
}

function incidentRoutes(monitoring: Monitoring, commands: MonitoringCommands): Route[] {
  /** The permission was checked for the project in the path, so the incident must be one of it. */
  const find = async (params: { project: string; incident: string }): Promise<Incident> => {
    const incident = await monitoring.getIncident(params.incident);
    if (incident.project === params.project) return incident;
    throw new Problem(problems.incident_not_found, {
      message: `There is no incident ${params.incident} in ${params.project}.`,
    });
  };
  return [
    defineRoute({
      method: "GET",
      path: `${base}/incidents`,
      permission: "project:read",
      summary: "The incidents of a project, newest first",
      tags,
      response: z.object({ incidents: list(incidentSchema) }),
      handler: async ({ params }) => ({ incidents: await monitoring.listIncidents(params.project) }),
    }),
    defineRoute({
      method: "GET",
      path: `${base}/incidents/:incident`,
      permission: "project:read",
      summary: "One incident with its cause, evidence and timeline",
      tags,
      response: z.object({ incident: incidentSchema }),
      handler: async ({ params }) => ({ incident: await find(params) }),
    }),
    defineRoute({
      method: "POST",
      path: `${base}/incidents/:incident/resolve`,
      permission: "deployment:write",
      summary: "Closes an incident with a verdict: was it worth the alarm?",
      tags,
      body: z.strictObject({ verdict: z.enum(verdicts), note: z.string().max(2_000).default("") }),
      response: z.object({ incident: incidentSchema }),
      handler: async ({ params, body, principal }) => ({
        incident: await commands.resolveIncident({
          id: (await find(params)).id,
          actor: principal.id,
          verdict: body.verdict,
          note: body.note,
        }),
      }),
    }),
  ];
}

function predictionRoutes(monitoring: Monitoring): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: `${base}/predictions/:prediction/trace`,
      permission: "project:read",
      summary: "Everything one prediction came from, and its outcome if known",
      tags,
      response: traceSchema,
      handler: async ({ params }) => await monitoring.trace(params.project, params.prediction),
    }),
  ];
}
