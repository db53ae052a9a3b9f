import { z } from "zod";

import { path } from "./client.ts";
import type { Client } from "./client.ts";

/** Gives the name to show for an actor's id; the id itself when nobody here may know it. */
export type NameOf = (actor: string) => string;

const grantsSchema = z.array(z.object({ principal: z.object({ id: z.string(), name: z.string() }) }));

/** Names of those who hold a role in the project. A reader who may not see them sees ids. */
export async function readNames(client: Client, project: string): Promise<NameOf> {
  const grants = await client.get(path`/api/v1/projects/${project}/grants`, grantsSchema).catch(() => []);
  const names = new Map(grants.map(({ principal }) => [principal.id, principal.name]));
  return (actor) => (actor === "system" ? "Gyre" : (names.get(actor) ?? actor));
}
