import { z } from "zod";

/*
 * The events of OpenLineage 2-0-2 (spec/OpenLineage.json of github.com/OpenLineage/OpenLineage), as far as
 * anything here depends on them. Facets are kept as they came: what a facet lacks must not lose the event.
 */

const facets = z.record(z.string(), z.looseObject({}).nullable()).nullish();

const uuid = z
  .string()
  .regex(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i, "a UUID")
  .transform((text) => text.toLowerCase());

const thing = z.looseObject({ namespace: z.string().min(1), name: z.string().min(1), facets });

/** A time with or without its zone; without one it is UTC, as clients in Python write it. */
const time = z
  .string()
  .transform((text) => Date.parse(/T.*(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`))
  .refine((ms) => Number.isFinite(ms), "a time such as 2027-01-01T10:00:00Z");

const base = { eventTime: time, producer: z.string().min(1), schemaURL: z.string().min(1) };

const ends = {
  inputs: z.array(thing.extend({ inputFacets: facets })).nullish(),
  outputs: z.array(thing.extend({ outputFacets: facets })).nullish(),
};

export const runEvent = z.looseObject({
  ...base,
  ...ends,
  eventType: z.enum(["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]).nullish(),
  run: z.looseObject({ runId: uuid, facets }),
  job: thing,
});

export const jobEvent = z.looseObject({ ...base, ...ends, job: thing });

export const datasetEvent = z.looseObject({ ...base, dataset: thing });

export type RunEvent = z.output<typeof runEvent>;
export type JobEvent = z.output<typeof jobEvent>;
export type DatasetEvent = z.output<typeof datasetEvent>;
export type Thing = z.output<typeof thing>;

const source = z.looseObject({
  namespace: z.string().optional(),
  name: z.string().optional(),
  type: z.enum(["DATASET", "JOB"]).catch("DATASET"),
  field: z.string().optional(),
});

const sources = z.looseObject({ inputs: z.array(source).default([]) });

/** The facet `lineage` of a data set, or of a job: edges said outright. */
export const datasetLineage = z.looseObject({
  inputs: z.array(source).default([]),
  fields: z.record(z.string(), sources).default({}),
});

export const jobLineage = z.looseObject({
  entries: z.array(
    source.extend({ inputs: z.array(source).default([]), fields: z.record(z.string(), sources).default({}) }),
  ),
});

/** The facet `columnLineage`: which columns of which data sets a column was made from. */
export const columnLineage = z.looseObject({
  fields: z.record(
    z.string(),
    z.looseObject({
      inputFields: z
        .array(z.looseObject({ namespace: z.string(), name: z.string(), field: z.string() }))
        .default([]),
    }),
  ),
});

export const parentFacet = z.looseObject({ run: z.looseObject({ runId: uuid }) });

export type Source = z.output<typeof source>;
