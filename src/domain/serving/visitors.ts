import type { Asking, Registry } from "#registry";

import type { Deployment } from "./index.ts";

/** What visitors may see of deployments, by the models that answer there. */
export interface Visitors {
  /**
   * The deployments whose model the visitor may see, without what answers beside it of models that the visitor may
   * not see: a candidate need not be of the same model.
   */
  seen(project: string, deployments: readonly Deployment[], asking: Asking): Promise<Deployment[]>;
  /** Which of these versions are of models that the visitor may see. */
  seenVersions(project: string, ids: readonly string[], asking: Asking): Promise<ReadonlySet<string>>;
}

export function createVisitors(registry: Pick<Registry, "gate" | "modelsOfVersions">): Visitors {
  const { gate } = registry;
  const seenVersions: Visitors["seenVersions"] = async (project, ids, asking) => {
    const models = await registry.modelsOfVersions(project, [...new Set(ids)]);
    if (models.size === 0) return new Set();
    const versions = [...models].map(([id, model]) => ({ id, model }));
    return new Set((await gate.only(project, versions, asking)).map(({ id }) => id));
  };
  return {
    seenVersions,
    async seen(project, deployments, asking) {
      const open = await gate.only(project, deployments, asking);
      const ids = open.flatMap(({ variants }) => variants.map(({ modelVersionId }) => modelVersionId));
      const versions = await seenVersions(project, ids, asking);
      return open.map((deployment) => ({
        ...deployment,
        variants: deployment.variants.filter(({ modelVersionId }) => versions.has(modelVersionId)),
      }));
    },
  };
}
