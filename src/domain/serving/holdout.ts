import { z } from "zod";

import type { Data } from "#data";
import type { Blobs } from "#kernel/blobs";
import { sqlName, sqlText } from "#kernel/columnar";
import type { Analyst } from "#kernel/columnar";
import type { ModelVersion, Registry } from "#registry";

import type { HoldoutRow } from "./measure.ts";

/** So many held-out rows judge a candidate: more would not narrow the intervals enough to be worth the wait. */
const mostRows = 5_000;

export interface HoldoutParts {
  readonly analyst: Analyst;
  readonly blobs: Blobs;
  readonly data: Data;
  readonly registry: Registry;
}

/**
 * The rows a version is judged on: those its pipeline held out; for a rule, which holds nothing out, the
 * newest usable data, because a rule was not fitted to it.
 */
export async function readHoldout(
  parts: HoldoutParts,
  of: {
    readonly project: string;
    readonly version: ModelVersion;
    readonly target: string;
    readonly sliceColumns: readonly string[];
  },
): Promise<HoldoutRow[]> {
  const path = await holdoutPath(parts, of.project, of.version);
  if (path === undefined) return [];
  const table = `read_csv(${sqlText(path)}, header = true, all_varchar = true)`;
  const columns = (
    await parts.analyst.rows(`describe select * from ${table}`, [], z.object({ column_name: z.string() }))
  ).map((row) => row.column_name);
  if (!columns.includes(of.target)) return [];
  const inputs = of.version.signature.inputs.filter((input) => columns.includes(input.name));
  const slices = of.sliceColumns.filter((column) => columns.includes(column));
  const wanted = [...new Set([...inputs.map((input) => input.name), ...slices, of.target])];
  const rows = await parts.analyst.rows(
    `select [${wanted.map(sqlName).join(", ")}] as cells from ${table}
     where ${sqlName(of.target)} is not null limit ${mostRows}`,
    [],
    z.object({ cells: z.array(z.string().nullable()) }),
  );
  return rows.map(({ cells }) => {
    const cell = (name: string): string | null => cells[wanted.indexOf(name)] ?? null;
    return {
      inputs: Object.fromEntries(
        inputs.map((input) => [input.name, readCell(cell(input.name), input.datatype)]),
      ),
      actual: cell(of.target) ?? "",
      slices: Object.fromEntries(slices.map((name) => [name, cell(name) ?? "(missing)"])),
    };
  });
}

function readCell(text: string | null, datatype: string): string | number | boolean | null {
  if (text === null) return datatype === "BYTES" ? "" : null;
  if (datatype === "BYTES") return text;
  if (datatype === "BOOL") return text === "true" || text === "1";
  return Number(text);
}

async function holdoutPath(
  parts: HoldoutParts,
  project: string,
  version: ModelVersion,
): Promise<string | undefined> {
  if (version.holdoutDigest !== null) return await parts.blobs.localPath(version.holdoutDigest);
  const [dataset] = await parts.data.listDatasets(project);
  const newest = dataset === undefined ? undefined : await parts.data.latestUsable(project, dataset.dataset);
  return newest === undefined ? undefined : await parts.blobs.localPath(newest.digest);
}
