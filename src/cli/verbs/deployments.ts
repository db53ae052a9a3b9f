import type { Command } from "commander";
import { z } from "zod";

import { path } from "../client.ts";
import { filterRows } from "../filter.ts";
import { printPage, printRows, section, whereOption } from "../listing.ts";
import { addServerVerb } from "../server-verb.ts";
import { factLines, tableLines } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { numberText, shareText, timeText } from "../words.ts";

const deploymentSchema = z.looseObject({
  id: z.string(),
  environment: z.string(),
  model: z.string(),
  state: z.string(),
  endpoint: z.string(),
  variants: z.array(
    z.looseObject({
      role: z.string(),
      share: z.number(),
      number: z.number(),
      releaseId: z.string(),
      threshold: z.number().nullable(),
      requests: z.number(),
      errors: z.number(),
      latencyMs: z.looseObject({ p50: z.number(), p95: z.number() }).nullable(),
    }),
  ),
  updatedAtMs: z.number(),
});
type Deployment = z.infer<typeof deploymentSchema>;

export function registerDeployments(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "deployments [id]",
    summary: "list what answers requests, show one",
    arguments: { id: "the id of a deployment" },
    examples: [
      ["gyre deployments", "what answers, with which versions"],
      ["gyre deployments dep_01k…", "one: variants, requests, errors, latency"],
    ],
    options: [whereOption],
    schema: z.object({ where: z.array(z.string()).default([]) }),
    async act({ client, project, words, options }) {
      const [id] = words;
      if (id !== undefined) {
        const address = path`/api/v1/projects/${project}/deployments/${id}`;
        const { deployment } = await client.get(address, z.object({ deployment: deploymentSchema }));
        return printPage(terminal, deployment, pageLines(terminal, deployment));
      }
      const address = path`/api/v1/projects/${project}/deployments`;
      const { deployments } = await client.get(address, z.object({ deployments: z.array(deploymentSchema) }));
      printList(terminal, deployments, options.where);
    },
  });
}

function printList(terminal: Terminal, deployments: readonly Deployment[], where: readonly string[]): void {
  const rows = filterRows(deployments, where, {
    id: ({ id }) => id,
    model: ({ model }) => model,
    environment: ({ environment }) => environment,
    state: ({ state }) => state,
  });
  printRows(
    terminal,
    rows,
    [
      { title: "deployment", of: ({ id }) => id },
      { title: "model", of: ({ model }) => model },
      { title: "in", of: ({ environment }) => environment },
      { title: "state", of: ({ state }) => state },
      {
        title: "versions",
        of: ({ variants }) => variants.map(({ role, number }) => `${role} @${number}`).join(", ") || "-",
      },
      { title: "endpoint", of: ({ endpoint }) => endpoint },
    ],
    "Nothing is deployed yet; it begins with a release: gyre release MODEL@VERSION --to production",
  );
}

function pageLines(terminal: Terminal, deployment: Deployment): readonly string[] {
  const variants = tableLines(deployment.variants, [
    { title: "role", of: ({ role }) => role },
    { title: "version", of: ({ number }) => `@${number}` },
    { title: "share", of: ({ share }) => shareText(share), isNumber: true },
    { title: "requests", of: ({ requests }) => String(requests), isNumber: true },
    { title: "errors", of: ({ errors }) => String(errors), isNumber: true },
    { title: "p50 ms", of: ({ latencyMs }) => numberText(latencyMs?.p50), isNumber: true },
    { title: "p95 ms", of: ({ latencyMs }) => numberText(latencyMs?.p95), isNumber: true },
    { title: "threshold", of: ({ threshold }) => numberText(threshold), isNumber: true },
    { title: "release", of: ({ releaseId }) => releaseId },
  ]);
  return [
    ...factLines([
      ["deployment", deployment.id],
      ["model", `${deployment.model} in ${deployment.environment}`],
      ["state", deployment.state],
      ["endpoint", deployment.endpoint],
      ["updated", timeText(deployment.updatedAtMs)],
    ]),
    ...section(terminal, "Variants", deployment.variants.length === 0 ? [] : variants),
  ];
}
