/** What every facet says of itself. */
export interface Facet {
  readonly _producer: string;
  readonly _schemaURL: string;
}

const spec = "https://openlineage.io/spec/facets";

/** The versions of the facets of the specification that we speak. */
const schemas = {
  parent: `${spec}/1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet`,
  nominalTime: `${spec}/1-0-1/NominalTimeRunFacet.json#/$defs/NominalTimeRunFacet`,
  errorMessage: `${spec}/1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet`,
  executionParameters: `${spec}/1-0-0/ExecutionParametersRunFacet.json#/$defs/ExecutionParametersRunFacet`,
  processing_engine: `${spec}/1-1-1/ProcessingEngineRunFacet.json#/$defs/ProcessingEngineRunFacet`,
  jobType: `${spec}/2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet`,
  sourceCode: `${spec}/1-0-1/SourceCodeJobFacet.json#/$defs/SourceCodeJobFacet`,
  sourceCodeLocation: `${spec}/1-1-0/SourceCodeLocationJobFacet.json#/$defs/SourceCodeLocationJobFacet`,
  documentation: `${spec}/1-1-0/DocumentationJobFacet.json#/$defs/DocumentationJobFacet`,
  version: `${spec}/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet`,
  schema: `${spec}/1-2-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet`,
  symlinks: `${spec}/1-0-1/SymlinksDatasetFacet.json#/$defs/SymlinksDatasetFacet`,
  outputStatistics: `${spec}/1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet`,
} as const;

export type FacetName = keyof typeof schemas;

/** Makes facets that name this server as their producer. `url` is where it is reached. */
export interface FacetMaker {
  readonly producer: string;
  facet<Content extends object>(name: FacetName, content: Content): Content & Facet;
  /** One of our own; its schema is answered by this server under the address it names. */
  ownFacet<Content extends object>(schema: OwnFacetSchema, content: Content): Content & Facet;
}

export type OwnFacetSchema = "GyreExecutionRunFacet" | "GyreStepRunFacet";

export function createFacetMaker(url: string): FacetMaker {
  const producer = producerOf(url);
  return {
    producer,
    facet: (name, content) => ({ _producer: producer, _schemaURL: schemas[name], ...content }),
    ownFacet: (schema, content) => ({
      _producer: producer,
      _schemaURL: `${producer}/facets/1-0-0/${schema}.json`,
      ...content,
    }),
  };
}

/** What this server says who it is, also when it is asked there. */
export function producerOf(url: string): string {
  return `${url}/api/v1/openlineage`;
}
