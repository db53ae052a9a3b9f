import type { Command } from "commander";
import { z } from "zod";

import { path } from "../client.ts";
import { parseCondition } from "../filter.ts";
import { printPage, printRows, section, whereOption } from "../listing.ts";
import { runSchema } from "../runs.ts";
import type { Run } from "../runs.ts";
import { addServerVerb } from "../server-verb.ts";
import { factLines } from "../table.ts";
import type { Column } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { durationText, numberText, shortId, timeText } from "../words.ts";

const optionsSchema = z.object({
  where: z.array(z.string()).default([]),
  order: z.string().optional(),
  limit: z.string().regex(/^\d+$/, "a whole number").default("50"),
});

export function registerRuns(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "runs [id]",
    summary: "list tracked runs, show one",
    arguments: { id: "the id of a run" },
    examples: [
      ["gyre runs --where 'metrics.recall>=0.8' --where params.c=4", "by metric and parameter"],
      ['gyre runs --order "metrics.recall desc" --limit 5', "the best five"],
      ["gyre runs 3f2a…", "one run: parameters, metrics, inputs"],
    ],
    options: [
      {
        ...whereOption,
        says: "only those with metrics.NAME, params.NAME, tags.NAME, status or run_name as given; may be repeated",
      },
      { flags: "--order <key>", says: 'such as "metrics.recall desc"' },
      { flags: "--limit <count>", says: "how many (50)" },
    ],
    schema: optionsSchema,
    async act({ client, project, words, options }) {
      const [id] = words;
      const base = path`/api/v1/projects/${project}/runs`;
      if (id !== undefined) {
        const run = await client.get(`${base}/${encodeURIComponent(id)}`, runSchema);
        return printPage(terminal, run, pageLines(terminal, run));
      }
      const query = new URLSearchParams({
        filter: options.where.map(clauseOf).join(" and "),
        limit: options.limit,
      });
      if (options.order !== undefined) query.set("order", options.order);
      const { runs } = await client.get(`${base}?${query}`, z.object({ runs: z.array(runSchema) }));
      printList(terminal, runs);
    },
  });
}

/** A condition as a clause of MLflow's filter grammar, which quotes texts but not metrics. */
function clauseOf(condition: string): string {
  const { key, operator, value } = parseCondition(condition, []);
  const isNumber = /^(metrics?\.|start_time|end_time)/.test(key);
  // The grammar has no escape for quotes within quotes; it has two kinds of them.
  const quoted = value.includes("'") ? `"${value}"` : `'${value}'`;
  return `${key} ${operator} ${isNumber ? value : quoted}`;
}

function printList(terminal: Terminal, runs: readonly Run[]): void {
  const metricColumns = namesIn(runs.map(({ metrics }) => metrics)).slice(0, 4);
  const columns: Column<Run>[] = [
    { title: "run", of: ({ id }) => shortId(id) },
    { title: "name", of: ({ name }) => name },
    { title: "status", of: ({ status }) => status },
    { title: "started", of: ({ startedAtMs }) => timeText(startedAtMs) },
    { title: "took", of: tookText, isNumber: true },
    ...metricColumns.map((name) => ({
      title: name,
      of: ({ metrics }: Run): string => numberText(metrics[name]),
      isNumber: true,
    })),
  ];
  printRows(terminal, runs, columns, "There is no such run.");
}

/** The names most rows have first. */
function namesIn(maps: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const name of maps.flatMap((map) => Object.keys(map))) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([name]) => name);
}

function tookText({ startedAtMs, endedAtMs }: Run): string {
  return endedAtMs === null ? "-" : durationText(endedAtMs - startedAtMs);
}

function pageLines(terminal: Terminal, run: Run): readonly string[] {
  return [
    ...factLines([
      ["run", run.id],
      ["name", run.name],
      ["status", run.status],
      ["started", timeText(run.startedAtMs)],
      ["took", tookText(run)],
      ["by", run.userName],
      ["stage", run.tags["gyre.stage"]],
      ["execution", run.tags["gyre.execution"]],
    ]),
    ...section(terminal, "Parameters", factLines(Object.entries(run.params))),
    ...section(
      terminal,
      "Metrics",
      factLines(Object.entries(run.metrics).map(([name, value]) => [name, numberText(value)])),
    ),
    ...section(terminal, "Inputs", factLines(run.inputs.map(({ name, digest }) => [name, shortId(digest)]))),
  ];
}
