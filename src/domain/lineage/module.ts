import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import type { Ledger } from "#kernel/events";

import type { Lineage } from "./index.ts";
import type { OwnLineageParts } from "./own-lineage.ts";
import { createQuestions } from "./questions.ts";
import { createRecording } from "./recording.ts";

export interface LineageParts extends OwnLineageParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly ledger: Ledger;
}

/** Builds lineage: what others report, joined with what our own steps read and wrote. Apply `migrations` first. */
export function createLineage(parts: LineageParts): Lineage {
  return { ...createQuestions(parts), commands: createRecording(parts) };
}
