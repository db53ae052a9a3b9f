import { z } from "zod";

import type { EventKind } from "#kernel/events";
import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";
import type { ProjectFile } from "#objectives";

import { eventSchema, presentEvents } from "./audit-routes.ts";
import type { EventGate } from "./event-gate.ts";
import type { InsightsParts } from "./module.ts";
import { overviewOf, timeBoxOf } from "./overview.ts";

const stationKey = z.enum([
  "data",
  "labels",
  "pipeline",
  "model",
  "gates",
  "release",
  "serving",
  "monitoring",
  "feedback",
]);

const overviewSchema = z
  .object({
    project: z.string(),
    nowMs: z.number(),
    charter: z
      .object({
        decision: z.string().nullable(),
        kpi: z
          .object({ name: z.string(), now: z.number().nullable(), target: z.string().nullable() })
          .nullable(),
        timeBoxMs: z.number().nullable(),
        budget: z
          .object({ amount: z.number(), spent: z.number().nullable(), currency: z.string() })
          .nullable(),
      })
      .nullable(),
    stations: z.array(
      z.object({ key: stationKey, state: z.string(), headline: z.string(), detail: z.string().optional() }),
    ),
    needs: z.array(
      z.object({
        id: z.string(),
        tone: z.enum(["warn", "bad", "busy"]),
        title: z.string(),
        detail: z.string().optional(),
        atMs: z.number(),
        about: z.object({
          kind: z.enum(["release", "incident", "execution", "dataset", "model", "charter"]),
          id: z.string(),
          name: z.string().optional(),
          number: z.number().optional(),
        }),
      }),
    ),
    events: z.array(eventSchema),
  })
  .meta({ id: "Overview" });

const newestEvents = 12;

/** What a reader wants to know first; every batch of outcomes and every run stands in the audit trail. */
const landmarks: readonly EventKind[] = [
  "project.created",
  "charter.applied",
  "dataset_version.created",
  "dataset_version.quarantined",
  "execution.finished",
  "model_version.registered",
  "model_version.rejected",
  "release.requested",
  "release.judged",
  "release.approved",
  "release.declined",
  "rollout.step_started",
  "release.live",
  "release.rolled_back",
  "incident.opened",
  "incident.resolved",
  "drift.noticed",
  "gateway.lost",
];

/** Everything the home page shows, in one answer. */
export function createOverviewRoutes(parts: InsightsParts, gate: EventGate): readonly Route[] {
  const { clock, access, objectives, data, pipelines, registry, delivery, serving, monitoring } = parts;
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/projects/:project/overview",
      permission: "run:read",
      scope: "handler",
      summary: "The loop of a project, what needs somebody, and what happened last",
      response: overviewSchema,
      handler: async ({ params: { project }, ...asking }) => {
        await asking.allow(project);
        const { projectFile } = await objectives.getCharter(project);
        const sight = await monitoring.sightOf(project, asking);
        const only = <Row extends { readonly model: string }>(rows: readonly Row[]): Promise<Row[]> =>
          registry.gate.only(project, rows, asking);
        const [datasets, executions, models, releases, deployments, incidents, watched, events] =
          await Promise.all([
            data.listDatasets(project),
            pipelines.listExecutions(project, { limit: 5 }),
            registry.listModels(project).then(only),
            delivery.listReleases(project).then(only),
            serving.listDeployments(project).then((all) => serving.seen(project, all, asking)),
            monitoring.listIncidents(project, sight),
            monitoring.overview(project, sight),
            gate.newest({ project, kinds: landmarks, limit: newestEvents }, asking),
          ]);
        const nowMs = clock.nowMs();
        const { stations, needs } = overviewOf({
          nowMs,
          projectFile,
          datasets,
          executions,
          models,
          releases,
          deployments,
          incidents,
          monitoring: watched,
        });
        return {
          project,
          nowMs,
          charter: presentCharter(projectFile),
          stations: [...stations],
          needs: [...needs],
          events: await presentEvents(access, events),
        };
      },
    }),
  ];
}

function presentCharter(projectFile: ProjectFile): NonNullable<z.input<typeof overviewSchema>["charter"]> {
  const objective = projectFile.objective;
  const kpi = objective?.kpi ?? null;
  const target = kpi?.target ?? null;
  return {
    decision: objective?.decision ?? null,
    kpi:
      kpi === null
        ? null
        : {
            name: kpi.name,
            now: kpi.now,
            target: target === null ? null : `${target.comparison} ${target.threshold}`,
          },
    timeBoxMs: timeBoxOf(projectFile),
    budget:
      objective?.budget === null || objective?.budget === undefined
        ? null
        : { ...objective.budget, spent: null },
  };
}
