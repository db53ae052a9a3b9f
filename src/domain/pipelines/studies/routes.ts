import { z } from "zod";

import { defineRoute } from "#kernel/http";
import type { Route } from "#kernel/http";

import { studyOf, studySchema } from "#objectives";

import { bestTrials } from "./best.ts";
import type { StudyCommands } from "./commands.ts";
import type { Study, Trial, TrialCounts } from "./entities.ts";
import type { StudyQuestions } from "./questions.ts";
import { declaredStudy, studyDetail, studySummary } from "./schemas.ts";

const base = "/api/v1/projects/:project/studies";
const tags = ["studies"];

/** The HTTP face of studies. */
export function createStudyRoutes(questions: StudyQuestions, commands: StudyCommands): readonly Route[] {
  const detailOf = async (study: Study) => {
    const trials = await questions.listTrials(study.id);
    const best = bestTrials(trials, study.declaration.objectives);
    return {
      ...presentStudy(study, countsOf(trials), best),
      trials: trials.map(presentTrial),
      importances: questions.importances(study, trials),
    };
  };
  return [
    defineRoute({
      method: "GET",
      path: base,
      permission: "project:read",
      summary: "Lists studies, newest first, and what the charter declares",
      tags,
      query: z.object({
        limit: z.coerce.number().int().min(1).max(200).default(50),
        before: z.string().optional(),
      }),
      response: z.object({
        studies: z.array(studySummary),
        declared: z.array(declaredStudy),
        next: z.string().nullable(),
      }),
      async handler({ params, query }) {
        const { limit, before } = query;
        const page = { limit, ...(before === undefined ? {} : { before }) };
        const found = await questions.listStudies(params.project, page);
        const declared = await questions.declaredStudies(params.project);
        return {
          studies: found.map(({ study, counts, best }) => presentStudy(study, counts, best)),
          declared: Object.entries(declared).map(([name, declaration]) => ({ name, declaration })),
          next: found.length < limit ? null : (found.at(-1)?.study.id ?? null),
        };
      },
    }),
    defineRoute({
      method: "POST",
      path: base,
      permission: "pipeline:run",
      summary: "Starts a study: one that the charter declares, or the one given",
      tags,
      body: z.strictObject({
        name: z.string().min(1).max(100),
        study: studySchema.optional(),
      }),
      status: 201,
      response: studyDetail,
      async handler({ params, body, principal }) {
        const { name, study } = body;
        const declaration = study === undefined ? {} : { declaration: studyOf(study) };
        const order = { project: params.project, name, actor: principal.id, ...declaration };
        return await detailOf(await commands.startStudy(order));
      },
    }),
    defineRoute({
      method: "GET",
      path: `${base}/:study`,
      permission: "project:read",
      summary: "Shows a study, by its id or the newest of its name: trials, the best, and what mattered",
      tags,
      response: studyDetail,
      handler: async ({ params }) => await detailOf(await questions.getStudy(params.project, params.study)),
    }),
    defineRoute({
      method: "POST",
      path: `${base}/:study/stop`,
      permission: "pipeline:run",
      summary: "Stops a study and cancels its running trials; one that has ended stays as it is",
      tags,
      response: studyDetail,
      async handler({ params, principal }) {
        const { id } = await questions.getStudy(params.project, params.study);
        return await detailOf(await commands.stopStudy(id, principal.id));
      },
    }),
    defineRoute({
      method: "POST",
      path: `${base}/:study/resume`,
      permission: "pipeline:run",
      summary: "Goes on with a study that has ended, perhaps up to more trials",
      tags,
      body: z.strictObject({ trials: z.number().int().min(1).max(100_000).optional() }),
      response: studyDetail,
      async handler({ params, body, principal }) {
        const { id } = await questions.getStudy(params.project, params.study);
        const more = body.trials === undefined ? {} : { trials: body.trials };
        return await detailOf(await commands.resumeStudy({ id, actor: principal.id, ...more }));
      },
    }),
  ];
}

function presentStudy(study: Study, counts: TrialCounts, best: readonly Trial[]) {
  const { failuresCountFrom: _, ...shown } = study;
  return { ...shown, counts, best: best.map(presentTrial) };
}

function presentTrial({ study: _, rungs: __, curve, ...trial }: Trial) {
  return {
    ...trial,
    curve: curve.map(([step, value]): [number, number | null] => [step, Number.isNaN(value) ? null : value]),
  };
}

function countsOf(trials: readonly Trial[]): TrialCounts {
  const counts = { running: 0, complete: 0, pruned: 0, failed: 0, cancelled: 0 };
  for (const { state } of trials) counts[state] += 1;
  return counts;
}
