import { z } from "zod";

import { Problem } from "#kernel/errors";
import { defineRoute, httpProblems } from "#kernel/http";
import type { Route } from "#kernel/http";

import { facetSchema, ownFacetSchemas } from "./telling/facet-schemas.ts";
import { producerOf } from "./telling/facets.ts";

const tags = ["lineage"];
const specification = "2-0-2";

/** The addresses that our events name: who produced them, and what their own facets hold. */
export function createProducerRoutes(parts: { url(): string; readonly version: string }): readonly Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/openlineage",
      permission: "public",
      summary: "Who produces the lineage events that name this address",
      tags,
      response: z.object({
        producer: z.string(),
        version: z.string(),
        specification: z.string(),
        facets: z.array(z.string()),
      }),
      handler: async () => ({
        producer: "gyre",
        version: parts.version,
        specification,
        facets: ownFacetSchemas.map((name) => `${producerOf(parts.url())}/facets/1-0-0/${name}.json`),
      }),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/openlineage/facets/:version/:file",
      permission: "public",
      summary: "The JSON Schema of a facet of our own",
      tags,
      response: z.looseObject({}),
      async handler({ params: { version, file } }) {
        const name = ownFacetSchemas.find((known) => file === `${known}.json` && version === "1-0-0");
        if (name !== undefined) {
          return { ...facetSchema(name, `${producerOf(parts.url())}/facets/${version}/${file}`) };
        }
        throw new Problem(httpProblems.route_not_found, { message: `There is no facet ${version}/${file}.` });
      },
    }),
  ];
}
