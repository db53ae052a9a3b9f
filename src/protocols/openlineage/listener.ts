import { jobName, ownNamespace, runIdOf } from "#lineage";
import type { StepListener } from "#pipelines";

/**
 * Tells emitters inside a step, such as dbt, Spark or the Python client, where to report and which run is
 * their parent, in the variables they all read. What they report then belongs to the step's project.
 */
export function createLineageListener(url: () => string): StepListener {
  return {
    async listen({ project, step, stage, token }) {
      const run = `${ownNamespace}/${jobName(project, stage.name)}/${runIdOf(step)}`;
      return {
        variables: {
          OPENLINEAGE_URL: url(),
          OPENLINEAGE_ENDPOINT: `api/v1/projects/${encodeURIComponent(project)}/lineage`,
          OPENLINEAGE_NAMESPACE: ownNamespace,
          OPENLINEAGE_PARENT_ID: run,
          ...(token === null ? {} : { OPENLINEAGE_API_KEY: token }),
        },
        end: async () => undefined,
      };
    },
  };
}
