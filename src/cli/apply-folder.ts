import { z } from "zod";

import type { Client } from "./client.ts";

const appliedSchema = z.looseObject({
  project: z.string(),
  charterVersion: z.number(),
  changed: z.array(z.string()),
  datasets: z.array(
    z.looseObject({
      dataset: z.string(),
      number: z.number(),
      rows: z.number(),
      state: z.string(),
      breaches: z.array(z.string()),
      isNew: z.boolean(),
    }),
  ),
  baseline: z.object({ model: z.string(), number: z.number() }).nullable(),
});
export type AppliedFolder = z.infer<typeof appliedSchema>;

/** Makes the server agree with the project's folder: charter, data, baseline. A second time changes nothing. */
export async function applyFolder(client: Client, folder: string): Promise<AppliedFolder> {
  return await client.send("POST", "/api/v1/apply", appliedSchema, { folder });
}

/** What was done, in sentences. */
export function appliedLines({
  project,
  charterVersion,
  changed,
  datasets,
  baseline,
}: AppliedFolder): readonly string[] {
  const charter =
    changed.length === 0
      ? `${project} is as gyre.yaml says: charter version ${charterVersion}.`
      : charterVersion === 1
        ? `Added the project ${project}.`
        : `${project} has charter version ${charterVersion} now; changed: ${changed.join(", ")}.`;
  return [
    charter,
    ...datasets.flatMap(({ dataset, number, rows, state, breaches, isNew }) => [
      `${isNew ? "Imported" : "Unchanged:"} ${dataset}@${number}, ${rows} rows${state === "usable" ? "" : `, ${state}: it breaks its contract`}.`,
      ...breaches.map((breach) => `  ${breach}`),
      ...(state === "usable"
        ? []
        : [`  Nothing runs on it: mend the rows or the contract, then: gyre apply`]),
    ]),
    ...(baseline === null ? [] : [`The baseline is ${baseline.model}@${baseline.number}.`]),
  ];
}
