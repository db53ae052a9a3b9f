import assert from "node:assert/strict";
import { after, before } from "node:test";

import { z } from "zod";

import { describeTarget } from "../conformance/suite.ts";
import { farName } from "../far/performer.ts";
import { signalWork } from "../far/test-signal.ts";
import { findControlPlane, startKubernetes } from "./test-cluster.ts";
import type { KubernetesCluster } from "./test-cluster.ts";

const cpus = 4;
const control = await findControlPlane();
let cluster: KubernetesCluster | undefined;

if (typeof control !== "string") {
  before(async () => {
    cluster = await startKubernetes(control.program, cpus);
  });
  after(async () => await cluster?.stop());
}

const namesSchema = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

describeTarget(
  {
    name: "kubernetes",
    settings: () => [
      {
        name: "kubernetes",
        kind: "kubernetes",
        kubeconfig: cluster?.kubeconfig ?? "",
        image: "none",
        preemptible_node_selector: {},
        preemptible_toleration_keys: [],
        can_grow: false,
      },
    ],
    cpus,
    outlivesServer: true,
    /** As a node is drained: by the API that asks for an eviction. */
    async takeAway({ work }) {
      const job = farName({ id: work });
      const selector = encodeURIComponent(`batch.kubernetes.io/job-name=${job}`);
      const pods = await cluster?.ask("GET", `/api/v1/namespaces/default/pods?labelSelector=${selector}`);
      const [pod] = namesSchema.parse(pods?.json).items;
      const name = pod?.metadata.name ?? assert.fail("the work has no pod");
      const eviction = {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name, namespace: "default" },
      };
      const answer = await cluster?.ask("POST", `/api/v1/namespaces/default/pods/${name}/eviction`, eviction);
      assert.equal(answer?.status, 201, JSON.stringify(answer?.json));
    },
    vanish: async (handle) => await signalWork(handle, "SIGKILL"),
  },
  typeof control === "string" ? control : false,
);
