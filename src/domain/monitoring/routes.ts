import { z } from "zod";

import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";
import type { ModelGate } from "#registry";

import type { MonitoringCommands } from "./commands.ts";
import { verdicts } from "./entities.ts";
import type { Monitoring } from "./index.ts";
import type { ReleasesPort } from "./ports.ts";
import {
  driftFeatureSchema,
  incidentSchema,
  list,
  monitorSchema,
  rolloutReadingSchema,
  traceSchema,
  windowSchema,
} from "./schemas.ts";
import { orForbidden } from "./visitors.ts";
import type { Visitors } from "./visitors.ts";

const base = "/api/v1/projects/:project";
const tags = ["monitoring"];

interface RouteParts {
  readonly monitoring: Monitoring;
  readonly commands: MonitoringCommands;
  readonly releases: ReleasesPort;
  readonly gate: ModelGate;
  readonly visitors: Visitors;
}

/** Every route that tells of a model asks model by model. */
export function createRoutes(parts: RouteParts): readonly Route[] {
  return [...outcomeRoutes(parts), ...monitoringRoutes(parts), ...incidentRoutes(parts)];
}

function outcomeRoutes({ commands, visitors: { passPredictions } }: RouteParts): Route[] {
  return [
    defineRoute({
      method: "POST",
      path: `${base}/outcomes`,
      permission: "outcome:write",
      scope: "handler",
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
      async handler({ params: { project }, body: { outcomes }, principal, ...asking }) {
        await passPredictions(
          project,
          outcomes.map(({ predictionId }) => predictionId),
          asking,
        );
        return await commands.recordOutcomes({ project, outcomes, actor: principal.id });
      },
    }),
  ];
}

const range = { from: z.coerce.number().optional(), to: z.coerce.number().optional() };
const marker = z.object({ atMs: z.number(), text: z.string(), id: z.string() });

function monitoringRoutes({ monitoring, releases, gate, visitors: { sightOf } }: RouteParts): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: `${base}/monitoring`,
      permission: "run:read",
      scope: "handler",
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
      handler: async ({ params: { project }, ...asking }) =>
        await monitoring.overview(project, await sightOf(project, asking)),
    }),
    defineRoute({
      method: "GET",
      path: `${base}/monitoring/quality`,
      permission: "run:read",
      scope: "handler",
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
      async handler({ params: { project }, query, ...asking }) {
        const sight = await sightOf(project, asking);
        const { metric, segment, version, role, from, to } = query;
        const windows = await monitoring.quality(project, {
          metric,
          ...(segment === undefined ? {} : { segment }),
          ...(version === undefined ? {} : { modelVersionId: version }),
          ...(role === undefined ? {} : { role }),
          ...(from === undefined ? {} : { fromMs: from }),
          ...(to === undefined ? {} : { toMs: to }),
          ...(sight === undefined ? {} : { sight }),
        });
        const rules = await monitoring.listMonitors(project, sight);
        const rule = rules.find((one) => one.metric === metric && one.segment === (segment ?? null));
        const went = (await releases.listReleases(project)).flatMap(({ id, liveAtMs, number }) =>
          liveAtMs === null || sight?.has(id) === false
            ? []
            : [{ atMs: liveAtMs, text: `version ${number} live`, id }],
        );
        const incidents = (await monitoring.listIncidents(project, sight)).map(({ id, onsetMs, title }) => ({
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
      permission: "run:read",
      scope: "handler",
      summary:
        "What goes in and comes out against the first days of the live release, the strongest change first",
      tags,
      response: z.object({ features: list(driftFeatureSchema) }),
      handler: async ({ params: { project }, ...asking }) => ({
        features: await monitoring.drift(project, await sightOf(project, asking)),
      }),
    }),
    defineRoute({
      method: "GET",
      path: `${base}/monitoring/coverage`,
      permission: "run:read",
      scope: "handler",
      summary: "For how many predictions the outcome is known, over event time",
      tags,
      response: z.object({
        arriveWithinMs: z.number(),
        windows: list(windowSchema),
        unknownOutcomes: z.number(),
      }),
      handler: async ({ params: { project }, ...asking }) =>
        await monitoring.coverage(project, await sightOf(project, asking)),
    }),
    defineRoute({
      method: "GET",
      path: `${base}/releases/:release/rollout`,
      permission: "run:read",
      scope: "handler",
      summary:
        "The candidate beside the live version, now or when it was taken back; null when nothing was compared",
      tags,
      response: z.object({ reading: rolloutReadingSchema.nullable() }),
      async handler({ params: { project, release: id }, ...asking }) {
        const release = await orForbidden(releases.getRelease(id), project, asking);
        if (release.project !== project) {
          await asking.allow(project);
          return { reading: null };
        }
        await gate.pass(project, release.model, asking);
        const reading = await monitoring.rolloutReading(id);
        if (reading === null) return { reading };
        // It tells how the live one does, too.
        await gate.pass(project, (await releases.getRelease(reading.liveReleaseId)).model, asking);
        return { reading };
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/predictions/:prediction/trace`,
      permission: "run:read",
      scope: "handler",
      summary: "Everything one prediction came from, and its outcome if known",
      tags,
      response: traceSchema,
      async handler({ params: { project, prediction }, ...asking }) {
        const trace = await orForbidden(monitoring.trace(project, prediction), project, asking);
        await gate.pass(project, trace.modelVersion.model, asking);
        return trace;
      },
    }),
  ];
}

function incidentRoutes({ monitoring, commands, visitors: { sightOf, findIncident } }: RouteParts): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: `${base}/incidents`,
      permission: "run:read",
      scope: "handler",
      summary: "The incidents of a project, newest first",
      tags,
      response: z.object({ incidents: list(incidentSchema) }),
      handler: async ({ params: { project }, ...asking }) => ({
        incidents: await monitoring.listIncidents(project, await sightOf(project, asking)),
      }),
    }),
    defineRoute({
      method: "GET",
      path: `${base}/incidents/:incident`,
      permission: "run:read",
      scope: "handler",
      summary: "One incident with its cause, evidence and timeline",
      tags,
      response: z.object({ incident: incidentSchema }),
      handler: async ({ params: { project, incident }, ...asking }) => ({
        incident: await findIncident(project, incident, asking),
      }),
    }),
    defineRoute({
      method: "POST",
      path: `${base}/incidents/:incident/resolve`,
      permission: "deployment:write",
      scope: "handler",
      summary: "Closes an incident with a verdict: was it worth the alarm?",
      tags,
      body: z.strictObject({ verdict: z.enum(verdicts), note: z.string().max(2_000).default("") }),
      response: z.object({ incident: incidentSchema }),
      async handler({ params: { project, incident }, body, principal, ...asking }) {
        const { id } = await findIncident(project, incident, asking);
        await commands.resolveIncident({
          id,
          actor: principal.id,
          verdict: body.verdict,
          note: body.note,
        });
        return { incident: await findIncident(project, id, asking) };
      },
    }),
  ];
}
