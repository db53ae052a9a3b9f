import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";
import type { StoredRun } from "./store/runs.ts";

/** What is said of a run that is deleted where an active one is needed, or the other way round. */
export function runNotActive(run: Pick<StoredRun, "run_id" | "state">, wanted: string): Problem {
  return new Problem(problems.run_not_active, {
    message: `The run ${run.run_id} must be in the '${wanted}' state. Current state is ${run.state}.`,
  });
}
