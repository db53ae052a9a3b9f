import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  lineage_node_not_found: {
    kind: "not_found",
    when: "Lineage is asked for of a job or a data set that nothing has mentioned.",
    next: "Name it as its reports do, such as dataset:file:/srv/shop/data.csv, or list what is known with: GET /api/v1/lineage/nodes",
  },
});
