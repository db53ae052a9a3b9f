import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { z } from "zod";

import { waitFor } from "./server.ts";
import type { ServerProcess } from "./server.ts";

export const product = "airline-care";
export const productPath = `/api/v1/projects/${product}`;

/** A project from the blueprint in an empty folder, as `gyre new` makes it. */
export function writeProduct(folder: string): void {
  cpSync(resolve(import.meta.dirname, "../blueprints/text-classification"), folder, { recursive: true });
  for (const name of ["gyre.yaml", "README.md"]) {
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll("{{name}}", product));
  }
}

const releaseSchema = z.object({ release: z.object({ id: z.string(), state: z.string() }) });

/** Brings the product's rule into production, past its gates and a second person; needs no Python. */
export async function releaseBaseline(server: ServerProcess, folder: string): Promise<void> {
  await server.post("/api/v1/apply", { folder }, z.unknown());
  const asked = { model: product, version: "1", environment: "production", reason: "a rule to begin with" };
  const { release } = await server.post(`${productPath}/releases`, asked, releaseSchema);
  const inState = (state: string) =>
    waitFor(
      `the release in state ${state}`,
      () => server.get(`${productPath}/releases/${release.id}`, releaseSchema),
      (answer) => answer.release.state === state,
    );
  await inState("awaiting_approval");
  const token = await addApprover(server);
  await server.post(`${productPath}/releases/${release.id}/approve`, { note: "go" }, z.unknown(), token);
  await inState("live");
}

async function addApprover(server: ServerProcess): Promise<string> {
  const person = { name: "ada", kind: "person", role: "approver" };
  const { id } = await server.post("/api/v1/principals", person, z.object({ id: z.string() }));
  const tokenSchema = z.object({ secret: z.string() });
  const issued = await server.post(`/api/v1/principals/${id}/tokens`, { label: "chaos" }, tokenSchema);
  return issued.secret;
}
