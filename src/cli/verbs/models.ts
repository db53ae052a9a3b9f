import type { Command } from "commander";
import { z } from "zod";

import { path } from "../client.ts";
import type { Client } from "../client.ts";
import { filterRows } from "../filter.ts";
import { requireKnownName } from "../known-name.ts";
import { printPage, printRows, section, whereOption } from "../listing.ts";
import { lineageSchema, lineageTree } from "../lineage.ts";
import { readNames } from "../names.ts";
import type { NameOf } from "../names.ts";
import { parseReference } from "../reference.ts";
import { addServerVerb } from "../server-verb.ts";
import { factLines } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { numberText, shortId, timeText } from "../words.ts";

const versionSchema = z.looseObject({
  id: z.string(),
  model: z.string(),
  number: z.number(),
  kind: z.string(),
  state: z.string(),
  rejection: z.string().nullish(),
  digest: z.string(),
  aliases: z.array(z.string()),
  metrics: z.record(z.string(), z.number().nullable()),
  parity: z.looseObject({ rows: z.number(), largestDifference: z.number(), agrees: z.boolean() }).nullish(),
  createdAtMs: z.number(),
  actor: z.string(),
});
type Version = z.infer<typeof versionSchema>;

export function registerModels(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "models [model]",
    summary: "list models and their versions, show one",
    arguments: { model: "a model, or one version of it by number or alias: airline-care@3" },
    examples: [
      ["gyre models", "the models, each with its newest version"],
      ["gyre models airline-care --where 'recall>=0.8'", "versions of one model, by a metric"],
      ["gyre models airline-care@3", "one version: metrics, and what it came from"],
    ],
    options: [whereOption],
    schema: z.object({ where: z.array(z.string()).default([]) }),
    async act({ client, project, words, options }) {
      const [typed] = words;
      if (typed === undefined)
        return printVersions(terminal, await listNewest(client, project), options.where);
      const { name, version } = parseReference(typed);
      const base = path`/api/v1/projects/${project}/models/${name}/versions`;
      if (version !== undefined) {
        const address = `${base}/${encodeURIComponent(version)}`;
        return await showVersion(terminal, client, address, await readNames(client, project));
      }
      const { versions } = await client.get(base, z.object({ versions: z.array(versionSchema) }));
      if (versions.length === 0) {
        const known = (await listNewest(client, project)).map(({ model }) => model);
        requireKnownName({ what: "model", name, known, next: "Make the first version with: gyre run" });
      }
      printVersions(terminal, versions, options.where);
    },
  });
}

async function listNewest(client: Client, project: string): Promise<readonly Version[]> {
  const schema = z.object({ models: z.array(z.object({ newest: versionSchema })) });
  const { models } = await client.get(path`/api/v1/projects/${project}/models`, schema);
  return models.map(({ newest }) => newest);
}

function printVersions(terminal: Terminal, versions: readonly Version[], where: readonly string[]): void {
  const metricNames = new Set(versions.flatMap(({ metrics }) => Object.keys(metrics)));
  const rows = filterRows(versions, where, {
    ...Object.fromEntries(
      [...metricNames].map((name) => [name, ({ metrics }: Version): number | null => metrics[name] ?? null]),
    ),
    model: ({ model }) => model,
    number: ({ number }) => number,
    kind: ({ kind }) => kind,
    state: ({ state }) => state,
    actor: ({ actor }) => actor,
  });
  printRows(
    terminal,
    rows,
    [
      { title: "version", of: ({ model, number }) => `${model}@${number}` },
      { title: "kind", of: ({ kind }) => kind },
      { title: "state", of: ({ state }) => state },
      { title: "aliases", of: ({ aliases }) => aliases.join(", ") || "-" },
      { title: "made", of: ({ createdAtMs }) => timeText(createdAtMs) },
      { title: "metrics", of: metricsText },
      ...(rows.some(({ rejection }) => rejection) ? [{ title: "why rejected", of: rejectionText }] : []),
    ],
    "There is no model yet; `gyre run` makes the first version.",
  );
}

function metricsText({ metrics }: Version): string {
  const shown = Object.entries(metrics).slice(0, 3);
  return shown.map(([name, value]) => `${name} ${numberText(value)}`).join(", ");
}

/** The first line says what was refused; `gyre models MODEL@VERSION` shows the rest. */
function rejectionText({ rejection }: Version): string {
  return rejection?.split("\n")[0] ?? "";
}

async function showVersion(
  terminal: Terminal,
  client: Client,
  address: string,
  nameOf: NameOf,
): Promise<void> {
  const answer = await client.get(address, z.object({ version: versionSchema, lineage: lineageSchema }));
  const { version, lineage } = answer;
  const { parity } = version;
  printPage(terminal, answer, [
    ...factLines([
      ["version", `${version.model}@${version.number} (${version.id})`],
      ["state", version.state],
      ["rejected", version.rejection ?? undefined],
      ["kind", version.kind],
      ["aliases", version.aliases.join(", ") || undefined],
      ["digest", shortId(version.digest)],
      [
        "parity",
        parity === null || parity === undefined
          ? undefined
          : `${parity.agrees ? "agrees" : "does not agree"} with the original on ${parity.rows} rows (largest difference ${numberText(parity.largestDifference)})`,
      ],
      ["made", `${timeText(version.createdAtMs)} by ${nameOf(version.actor)}`],
    ]),
    ...section(
      terminal,
      "Metrics",
      factLines(Object.entries(version.metrics).map(([name, value]) => [name, numberText(value)])),
    ),
    ...section(terminal, "Came from", lineageTree(lineage, version.id)),
  ]);
}
