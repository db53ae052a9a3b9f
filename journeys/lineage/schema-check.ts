import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import addFormats from "ajv-formats";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { AnySchemaObject } from "ajv/dist/2020.js";
import { z } from "zod";

const folder = join(import.meta.dirname, "specification");
const schemaForm = z.looseObject({ $id: z.string() });

export interface SpecifiedCase {
  /** Such as `ParentRunFacet/2.json`. */
  readonly name: string;
  /** The name of the schema, or undefined for a whole event. */
  readonly facet: string | undefined;
  readonly content: Readonly<Record<string, unknown>>;
}

/** The examples of the specification: each facet under its key, and one whole event. */
export function specifiedCases(): readonly SpecifiedCase[] {
  const names = readdirSync(join(folder, "tests"), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .map((name) => ({
      name,
      facet: name.includes("/") ? name.slice(0, name.indexOf("/")) : undefined,
      content: z.record(z.string(), z.unknown()).parse(readJson(join(folder, "tests", name))),
    }));
}

const ownFacets = z.object({ facets: z.array(z.string()) });

/**
 * What is wrong with an event by the schemas of the specification, and by those of our own that a server
 * answers; empty when nothing is.
 */
export async function createSchemaCheck(server: string): Promise<(event: unknown) => readonly string[]> {
  const ajv = openSchemas();
  const own = ownFacets.parse(await (await fetch(`${server}/api/v1/openlineage`)).json());
  for (const url of own.facets) ajv.addSchema(schemaForm.parse(await (await fetch(url)).json()));
  const check = (reference: string, value: unknown, place: string): readonly string[] => {
    const validate = ajv.getSchema(reference);
    if (validate === undefined) return [`${place} names ${reference}, which is no schema`];
    if (validate(value) === true) return [];
    return (validate.errors ?? []).map((error) => `${place}${error.instancePath}: ${error.message}`);
  };
  return (event) => {
    const { schemaURL } = z.looseObject({ schemaURL: z.string() }).parse(event);
    return [
      ...check(schemaURL, event, basename(schemaURL)),
      ...facetsOf(event).flatMap(({ place, facet }) => check(facet._schemaURL, facet, place)),
    ];
  };
}

/** What is wrong with an example by the schema of its facet, as the specification checks its own. */
export function checkExample({ facet = "", content }: SpecifiedCase): readonly string[] {
  const validate = openSchemas().getSchema(readSchema(join(folder, "facets", `${facet}.json`)).$id);
  return validate?.(content) === true ? [] : (validate?.errors ?? []).map((error) => String(error.message));
}

function openSchemas(): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(readSchema(join(folder, "OpenLineage.json")));
  const facetFiles = readdirSync(join(folder, "facets"));
  for (const file of facetFiles) ajv.addSchema(readSchema(join(folder, "facets", file)));
  return ajv;
}

const facetForm = z.looseObject({ _schemaURL: z.string() });

/** Every facet in an event, wherever it stands, with its place. */
function facetsOf(
  value: unknown,
  place = "",
): readonly { readonly place: string; readonly facet: z.output<typeof facetForm> }[] {
  if (typeof value !== "object" || value === null) return [];
  const own = facetForm.safeParse(value);
  const below = Object.entries(value).flatMap(([key, inner]) => facetsOf(inner, `${place}/${key}`));
  return own.success ? [{ place, facet: own.data }, ...below] : below;
}

function readSchema(path: string): AnySchemaObject & { readonly $id: string } {
  return schemaForm.parse(readJson(path));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}
