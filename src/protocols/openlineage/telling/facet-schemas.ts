import type { OwnFacetSchema } from "./facets.ts";

const base = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunFacet";

/**
 * The JSON Schemas of our own facets, in the form of the specification's. A published one never changes:
 * what is to be added comes under a new version beside it.
 */
export function facetSchema(name: OwnFacetSchema, id: string): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: id,
    $defs: { [name]: { allOf: [{ $ref: base }, { type: "object", ...contents[name] }], type: "object" } },
    type: "object",
    properties: { [keys[name]]: { $ref: `#/$defs/${name}` } },
  };
}

export const ownFacetSchemas: readonly OwnFacetSchema[] = ["GyreExecutionRunFacet", "GyreStepRunFacet"];

/** The key under which each stands in an event. */
export const keys = { GyreExecutionRunFacet: "gyre_execution", GyreStepRunFacet: "gyre_step" } as const;

const text = (description: string): object => ({ type: "string", description });
const perhaps = (description: string): object => ({ type: ["string", "null"], description });

const contents: Readonly<Record<OwnFacetSchema, object>> = {
  GyreExecutionRunFacet: {
    properties: {
      execution: text("the id of the execution at the server"),
      link: { ...text("where a person sees it"), format: "uri" },
      purpose: text("why it was begun: requested, retrain, schedule and the like"),
      reason: text("the same in words"),
      targets: {
        type: "array",
        items: { type: "string" },
        description: "the stages asked for; empty for all",
      },
      codeDigest: text("SHA-256 of the tree of the project's files it ran with"),
      environmentDigest: perhaps("SHA-256 of requirements, Python and platform"),
    },
    required: ["execution", "link", "purpose", "reason", "targets", "codeDigest"],
  },
  GyreStepRunFacet: {
    properties: {
      execution: text("the id of the execution at the server"),
      step: text("the id of the step"),
      stage: text("the stage of the pipeline file"),
      state: text("running, succeeded, cached (an earlier result was taken over), failed, cancelled"),
      attempt: { type: "integer", description: "how often it was started; 0 when it was taken over" },
      reason: text("why it ran, or why not"),
      cacheKey: perhaps("SHA-256 of all that its result depends on"),
      trackingRun: perhaps("the run in which its parameters and metrics are"),
      metrics: { type: "object", additionalProperties: { type: "number" } },
    },
    required: ["execution", "step", "stage", "state", "attempt", "reason"],
  },
};
