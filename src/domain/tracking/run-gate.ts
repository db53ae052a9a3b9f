import { experimentThing, outsideProjects } from "#access";
import { Problem } from "#kernel/errors";
import type { Visit } from "#kernel/http";

import type { Run } from "./entities.ts";
import { problems } from "./problems.ts";
import type { TrackingQuestions } from "./questions.ts";

/** What a route knows of its visitor. */
export type Asking = Pick<Visit, "allow" | "onlyAllowed">;

/**
 * Whether a visitor may, run by run: roles in the project and grants on single experiments decide together,
 * as they do for MLflow's clients. A route that asks here has `scope: "handler"`.
 */
export interface RunGate {
  /** Finds a run of this project. Whoever may not read the project is not told whether there is such a run. */
  runOf(project: string, runId: string, asking: Asking): Promise<Run>;
  /** As `runOf`, for a run that is not read; throws `run_not_found`. */
  pass(project: string, runId: string, asking: Asking): Promise<void>;
  /** Passes when the visitor may with the run's experiment, in whichever project it is. */
  passRun(run: Pick<Run, "project" | "experimentId">, asking: Asking): Promise<void>;
  /** The experiments of the project with which the visitor may; throws when that is none, and not the project either. */
  experimentsOf(project: string, asking: Asking): Promise<readonly string[]>;
}

export function createRunGate(
  tracking: Pick<TrackingQuestions, "getRun" | "scopeOfRun" | "experimentIdsOf">,
): RunGate {
  const passRun: RunGate["passRun"] = ({ project, experimentId }, { allow }) =>
    allow(project ?? outsideProjects, experimentThing(experimentId));

  const pass: RunGate["pass"] = async (project, runId, asking) => {
    const scope = await tracking.scopeOfRun(runId).catch(ignoreAbsent);
    if (scope?.project === project) return await passRun(scope, asking);
    await asking.allow(project);
    throw new Problem(problems.run_not_found, {
      message: `Run with id=${runId.slice(0, 80)} not found in the project ${project}`,
    });
  };

  return {
    pass,
    passRun,
    async runOf(project, runId, asking) {
      await pass(project, runId, asking);
      return await tracking.getRun(runId);
    },
    async experimentsOf(project, { allow, onlyAllowed }) {
      const all = await tracking.experimentIdsOf(project);
      const visible = await onlyAllowed(all, () => project, experimentThing);
      if (visible.length === 0) await allow(project);
      return visible;
    },
  };
}

function ignoreAbsent(error: unknown): undefined {
  if (error instanceof Problem && error.kind === "not_found") return undefined;
  throw error;
}
