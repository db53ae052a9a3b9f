import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { z } from "zod";

import { readConfig } from "#kernel/config";
import { createSystem } from "#main";
import type { System } from "#main";

import { generatedNote, table } from "./markdown.ts";

const operationSchema = z.looseObject({
  summary: z.string().optional(),
  "x-permission": z.string().optional(),
});
const openApiSchema = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), operationSchema)) });
type OpenApi = z.output<typeof openApiSchema>;

/** The description of the whole API. */
export async function describeApi(): Promise<OpenApi> {
  return await askSystem((system) => openApiSchema.parse(system.describeApi()));
}

/** Asks a system that is built and never started. */
export async function askSystem<Answer>(ask: (system: System) => Answer): Promise<Answer> {
  const folder = await mkdtemp(join(tmpdir(), "gyre-reference-"));
  try {
    const { config } = readConfig({ flags: {}, environment: {}, workingFolder: folder });
    const system = createSystem(config);
    const answer = ask(system);
    await system.stop();
    return answer;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The page of every route, by the noun it is about. */
export function renderHttp(api: OpenApi): string {
  const routes = Object.entries(api.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method, operation })),
  );
  const nouns = [...new Set(routes.map(({ path }) => nounOf(path)))].toSorted();
  const sections = nouns.map((noun) => {
    const rows = routes
      .filter(({ path }) => nounOf(path) === noun)
      .map(({ path, method, operation }) => [
        `\`${method.toUpperCase()} ${path}\``,
        operation.summary ?? "",
        operation["x-permission"] ?? "",
      ]);
    return `## ${noun}\n\n${table(["route", "", "permission"], rows)}`;
  });
  return `${[
    "# The HTTP API",
    generatedNote,
    `Parameters, bodies and answers are in the OpenAPI description that a running server gives at
\`/api/v1/openapi.json\`. Every error is one of [these](errors.md). The routes of MLflow's protocol, and those
of the gateway, which answers predictions, are other people's contracts and not listed here.`,
    ...sections,
  ].join("\n\n")}\n`;
}

/** The first word of the path behind the project that is a name, not a parameter. */
function nounOf(path: string): string {
  const words = path
    .replace(/^\/api\/v1\//, "")
    .replace(/^projects\/\{project\}\/(?=.)/, "")
    .split("/");
  return words[0] ?? path;
}
