import type { Command } from "commander";
import { z } from "zod";

import { path } from "../client.ts";
import { filterRows } from "../filter.ts";
import { printPage, printRows, section, whereOption } from "../listing.ts";
import { addServerVerb } from "../server-verb.ts";
import { factLines } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { numberText, timeText } from "../words.ts";

const incidentSchema = z.looseObject({
  id: z.string(),
  kind: z.string(),
  monitor: z.string(),
  title: z.string(),
  state: z.string(),
  openedAtMs: z.number(),
  onsetMs: z.number(),
  releaseId: z.string().nullable(),
  evidence: z.looseObject({
    value: z.number().nullable(),
    expected: z.number().nullable(),
    interval: z.tuple([z.number(), z.number()]).nullable(),
    n: z.number(),
  }),
  cause: z.looseObject({
    sentence: z.string(),
    ranked: z.array(z.looseObject({ kind: z.string(), name: z.string(), detail: z.string() })),
  }),
  timeline: z.array(z.looseObject({ atMs: z.number(), text: z.string() })),
  resolvedAtMs: z.number().nullable(),
});
type Incident = z.infer<typeof incidentSchema>;

export function registerIncidents(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "incidents [id]",
    summary: "list incidents, show one with its cause and timeline",
    arguments: { id: "the id of an incident" },
    examples: [
      ["gyre incidents --where state=open", "what is wrong now"],
      ["gyre incidents inc_01k…", "one: evidence, likely cause, what was done"],
    ],
    options: [whereOption],
    schema: z.object({ where: z.array(z.string()).default([]) }),
    async act({ client, project, words, options }) {
      const [id] = words;
      if (id !== undefined) {
        const address = path`/api/v1/projects/${project}/incidents/${id}`;
        const { incident } = await client.get(address, z.object({ incident: incidentSchema }));
        return printPage(terminal, incident, pageLines(terminal, incident));
      }
      const address = path`/api/v1/projects/${project}/incidents`;
      const { incidents } = await client.get(address, z.object({ incidents: z.array(incidentSchema) }));
      printList(terminal, incidents, options.where);
    },
  });
}

function printList(terminal: Terminal, incidents: readonly Incident[], where: readonly string[]): void {
  const rows = filterRows(incidents, where, {
    id: ({ id }) => id,
    kind: ({ kind }) => kind,
    state: ({ state }) => state,
    monitor: ({ monitor }) => monitor,
  });
  printRows(
    terminal,
    rows,
    [
      { title: "incident", of: ({ id }) => id },
      { title: "state", of: ({ state }) => state },
      { title: "kind", of: ({ kind }) => kind },
      { title: "began", of: ({ onsetMs }) => timeText(onsetMs) },
      { title: "opened", of: ({ openedAtMs }) => timeText(openedAtMs) },
      { title: "title", of: ({ title }) => title },
    ],
    "There is no incident.",
  );
}

function pageLines(terminal: Terminal, incident: Incident): readonly string[] {
  const { evidence, cause, timeline } = incident;
  const range =
    evidence.interval === null
      ? ""
      : ` (${numberText(evidence.interval[0])} to ${numberText(evidence.interval[1])})`;
  return [
    ...factLines([
      ["incident", incident.id],
      ["what", incident.title],
      ["state", incident.state],
      ["kind", incident.kind],
      ["monitor", incident.monitor],
      ["began", timeText(incident.onsetMs)],
      ["opened", timeText(incident.openedAtMs)],
      ["resolved", incident.resolvedAtMs === null ? undefined : timeText(incident.resolvedAtMs)],
      ["release", incident.releaseId ?? undefined],
      [
        "evidence",
        `${numberText(evidence.value)}${range}, expected ${numberText(evidence.expected)}, from ${evidence.n} rows`,
      ],
    ]),
    ...section(terminal, "Likely cause", [
      cause.sentence,
      ...cause.ranked.map(({ kind, name, detail }) => `${kind.replaceAll("_", " ")} ${name}: ${detail}`),
    ]),
    ...section(
      terminal,
      "Timeline",
      timeline.map(({ atMs, text }) => `${timeText(atMs)}  ${text}`),
    ),
  ];
}
