import type { Command } from "commander";
import { z } from "zod";

import { Problem } from "#kernel/errors";

import { path } from "../client.ts";
import type { Client } from "../client.ts";
import { filterRows } from "../filter.ts";
import { requireKnownName } from "../known-name.ts";
import { printPage, printRows, section, whereOption } from "../listing.ts";
import { problems } from "../problems.ts";
import { parseReference } from "../reference.ts";
import { addServerVerb } from "../server-verb.ts";
import { factLines, tableLines } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { numberText, shareText, shortId, sizeText, timeText } from "../words.ts";

const versionSchema = z.looseObject({
  id: z.string(),
  dataset: z.string(),
  number: z.number(),
  digest: z.string(),
  sizeBytes: z.number(),
  rows: z.number(),
  source: z.string(),
  state: z.string(),
  breaches: z.array(z.looseObject({ message: z.string() })),
  createdAtMs: z.number(),
});
type Version = z.infer<typeof versionSchema>;

const profileSchema = z.array(
  z.looseObject({
    name: z.string(),
    type: z.string(),
    missing: z.number(),
    distinct: z.number().nullish(),
    minimum: z.string().nullish(),
    maximum: z.string().nullish(),
    mean: z.number().nullish(),
    top: z.array(z.looseObject({ value: z.unknown(), count: z.number() })).nullish(),
  }),
);

export function registerData(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "data [dataset]",
    summary: "list data sets and their versions, show one",
    arguments: { dataset: "a data set, or one version of it: messages@3" },
    examples: [
      ["gyre data", "the data sets, each with its newest version"],
      ["gyre data messages --where state=quarantined", "the versions that broke their contract"],
      ["gyre data messages@3", "one version: its columns, and what it breaks"],
    ],
    options: [whereOption],
    schema: z.object({ where: z.array(z.string()).default([]) }),
    async act({ client, project, words, options }) {
      const [typed] = words;
      if (typed === undefined)
        return printVersions(terminal, await listNewest(client, project), options.where);
      const { name, version } = parseReference(typed);
      const base = path`/api/v1/projects/${project}/datasets/${name}/versions`;
      if (version !== undefined) refuseOtherThanNumber(version);
      if (version !== undefined)
        return await showVersion(terminal, client, `${base}/${encodeURIComponent(version)}`);
      const { versions } = await client.get(base, z.object({ versions: z.array(versionSchema) }));
      if (versions.length === 0) {
        const known = (await listNewest(client, project)).map(({ dataset }) => dataset);
        requireKnownName({
          what: "data set",
          name,
          known,
          next: "Import what gyre.yaml names with: gyre apply",
        });
      }
      printVersions(terminal, versions, options.where);
    },
  });
}

function refuseOtherThanNumber(version: string): void {
  if (/^\d+$/.test(version)) return;
  throw new Problem(problems.reference_invalid, {
    message: `"${version}" is no version of a data set: they are counted from 1.`,
    next: "Write it as in: messages@3",
  });
}

async function listNewest(client: Client, project: string): Promise<readonly Version[]> {
  const schema = z.object({ datasets: z.array(z.object({ newest: versionSchema })) });
  const { datasets } = await client.get(path`/api/v1/projects/${project}/datasets`, schema);
  return datasets.map(({ newest }) => newest);
}

function printVersions(terminal: Terminal, versions: readonly Version[], where: readonly string[]): void {
  const rows = filterRows(versions, where, {
    dataset: ({ dataset }) => dataset,
    number: ({ number }) => number,
    rows: ({ rows }) => rows,
    state: ({ state }) => state,
    source: ({ source }) => source,
  });
  printRows(
    terminal,
    rows,
    [
      { title: "version", of: ({ dataset, number }) => `${dataset}@${number}` },
      { title: "state", of: ({ state }) => state },
      { title: "rows", of: ({ rows }) => String(rows), isNumber: true },
      { title: "size", of: ({ sizeBytes }) => sizeText(sizeBytes), isNumber: true },
      { title: "made", of: ({ createdAtMs }) => timeText(createdAtMs) },
      { title: "source", of: ({ source }) => source },
    ],
    "There is no data yet; `gyre apply` imports what gyre.yaml names.",
  );
}

async function showVersion(terminal: Terminal, client: Client, address: string): Promise<void> {
  const answer = await client.get(address, z.object({ version: versionSchema, profile: profileSchema }));
  const { version, profile } = answer;
  const columns = tableLines(profile, [
    { title: "column", of: ({ name }) => name },
    { title: "type", of: ({ type }) => type },
    {
      title: "missing",
      of: ({ missing }) => (version.rows === 0 ? "-" : shareText(missing / version.rows)),
      isNumber: true,
    },
    { title: "distinct", of: ({ distinct }) => numberText(distinct), isNumber: true },
    { title: "values", of: valuesText },
  ]);
  printPage(terminal, answer, [
    ...factLines([
      ["version", `${version.dataset}@${version.number} (${version.id})`],
      ["state", version.state],
      ["rows", String(version.rows)],
      ["source", version.source],
      ["digest", shortId(version.digest)],
      ["made", timeText(version.createdAtMs)],
    ]),
    ...section(
      terminal,
      "Breaks its contract",
      version.breaches.map(({ message }) => message),
    ),
    ...section(terminal, "Columns", columns),
  ]);
}

/** Numbers and times by their range; texts by those seen most often. */
function valuesText({ type, minimum, maximum, mean, top }: z.infer<typeof profileSchema>[number]): string {
  if (typeof minimum === "string" && typeof maximum === "string") {
    const isNumber = type === "integer" || type === "number";
    return `${minimum} to ${maximum}${isNumber && typeof mean === "number" ? `, mean ${numberText(mean)}` : ""}`;
  }
  const shown = (top ?? []).slice(0, 3).map(({ value, count }) => `${String(value).slice(0, 30)} (${count})`);
  return shown.join(", ");
}
