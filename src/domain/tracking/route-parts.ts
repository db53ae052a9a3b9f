import type { Blobs } from "#kernel/blobs";
import type { Analyst } from "#kernel/columnar";

import type { TrackingCommands } from "./commands.ts";
import type { TrackingQuestions } from "./questions.ts";
import type { RunTable } from "./run-table.ts";
import type { RunViews } from "./views.ts";

/** What the routes of runs stand on. */
export interface RouteParts {
  readonly tracking: TrackingQuestions;
  readonly commands: TrackingCommands;
  readonly table: RunTable;
  readonly views: RunViews;
  readonly blobs: Blobs;
  /** Without it, files that are tables are shown as text or not at all. */
  readonly analyst?: Analyst | undefined;
}

export const base = "/api/v1/projects/:project/runs";
