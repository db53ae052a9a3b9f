import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import { pathFromRoot } from "../repository/repository.ts";
import type { Session } from "../session.ts";

/** What Git keeps cannot be kept by DVC as well. Throws `dvc_path_refused` for the first of these places. */
export function refuseTrackedInGit({ repository, show }: Session, places: readonly string[]): void {
  const [tracked] = repository.git?.tracked(places) ?? [];
  if (tracked === undefined) return;
  const path = show(pathFromRoot(repository, tracked));
  throw new Problem(problems.dvc_path_refused, {
    message: `output '${path}' is already tracked by SCM (e.g. Git).\n    You can remove it from Git, then add to DVC.\n        To stop tracking from Git:\n            git rm -r --cached '${path}'\n            git commit -m "stop tracking ${path}"`,
    data: { path },
  });
}
