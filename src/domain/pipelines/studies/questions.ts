import { Problem } from "#kernel/errors";
import { importanceOf } from "#stats";
import type { Dimension, Sample } from "#stats";

import type { SearchDomain, SearchSpace, SearchValue, StudyDeclaration } from "#objectives";

import { bestTrials } from "./best.ts";
import type { Study, Trial, TrialCounts } from "./entities.ts";
import type { StudyParts } from "./parts.ts";
import { problems } from "./problems.ts";
import { findStudyByName, listStudies, readStudy } from "./store/studies.ts";
import { countTrials, listTrials } from "./store/trials.ts";

export interface StudyQuestions {
  /** By its id, or the newest of that name. Throws `study_not_found`. */
  getStudy(project: string, idOrName: string): Promise<Study>;
  /** Newest first; `before` is the id of the last one of the page before. */
  listStudies(
    project: string,
    page: { readonly limit: number; readonly before?: string },
  ): Promise<readonly StudySummary[]>;
  /** By their numbers. */
  listTrials(study: string): Promise<readonly Trial[]>;
  /** What mattered for each objective; null where too few trials were completed to tell. */
  importances(study: Study, trials: readonly Trial[]): readonly (StudyImportance | null)[];
  /** What the charter declares under studies:. */
  declaredStudies(project: string): Promise<Readonly<Record<string, StudyDeclaration>>>;
}

export interface StudySummary {
  readonly study: Study;
  readonly counts: TrialCounts;
  /** The completed trials that no other dominates. */
  readonly best: readonly Trial[];
}

export interface StudyImportance {
  readonly metric: string;
  /** Greatest first: the share of the variance that each parameter explains alone. */
  readonly parameters: readonly { readonly name: string; readonly share: number }[];
  readonly together: number;
  readonly trials: number;
}

const emptyCounts: TrialCounts = { running: 0, complete: 0, pruned: 0, failed: 0, cancelled: 0 };

export function createStudyQuestions(parts: Pick<StudyParts, "db" | "declared">): StudyQuestions {
  const { db } = parts;
  return {
    async getStudy(project, idOrName) {
      const byId = await readStudy(db, idOrName);
      const study = byId ?? (await findStudyByName(db, project, idOrName));
      if (study?.project === project) return study;
      throw new Problem(problems.study_not_found, {
        message: `There is no study ${idOrName} in ${project}.`,
        data: { study: idOrName },
      });
    },
    async listStudies(project, page) {
      const studies = await listStudies(db, project, page);
      const counts = await countTrials(
        db,
        studies.map(({ id }) => id),
      );
      const summaries = studies.map(async (study) => ({
        study,
        counts: counts.get(study.id) ?? emptyCounts,
        best: bestTrials(await listTrials(db, study.id), study.declaration.objectives),
      }));
      return await Promise.all(summaries);
    },
    listTrials: async (study) => await listTrials(db, study),
    importances: (study, trials) =>
      study.declaration.objectives.map(({ metric }, index) => importanceFor(study, trials, metric, index)),
    declaredStudies: parts.declared,
  };
}

function importanceFor(
  { declaration: { space } }: Study,
  trials: readonly Trial[],
  metric: string,
  index: number,
): StudyImportance | null {
  const samples = trials.flatMap(({ state, values, parameters }): Sample[] => {
    const value = state === "complete" ? values?.[index] : undefined;
    return value === undefined ? [] : [{ value, point: pointOf(space, parameters) }];
  });
  const found = importanceOf(samples, Object.values(space).map(dimensionOf));
  if (found === null) return null;
  const parameters = Object.keys(space).map((name, place) => ({ name, share: found.shares[place] ?? 0 }));
  return {
    metric,
    parameters: parameters.toSorted((a, b) => b.share - a.share),
    together: found.together,
    trials: samples.length,
  };
}

function dimensionOf(domain: SearchDomain): Dimension {
  return domain.kind === "choice" ? { kind: "category", count: domain.options.length } : { kind: "number" };
}

/** The place of a trial in the unit cube; on a logarithmic domain by orders of magnitude. */
function pointOf(space: SearchSpace, parameters: Readonly<Record<string, SearchValue>>): readonly number[] {
  return Object.entries(space).map(([name, domain]) => {
    const value = parameters[name];
    if (domain.kind === "choice")
      return Math.max(
        0,
        domain.options.findIndex((option) => option === value),
      );
    const scale = (at: number): number => (domain.log ? Math.log(at) : at);
    return (scale(Number(value)) - scale(domain.low)) / (scale(domain.high) - scale(domain.low));
  });
}
