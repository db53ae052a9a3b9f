import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { z } from "zod";

import { temporaryFolder } from "#kernel/testing";

import { openTarget } from "../conformance/subject.ts";
import type { TargetUnderTest } from "../conformance/subject.ts";
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

const under = {
  name: "kubernetes",
  settings: (): TargetUnderTest["settings"] => [
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
};

describeTarget(
  {
    ...under,
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

const jobSchema = z.object({
  spec: z.object({
    template: z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string() })) }) }),
  }),
});

describe("an image on Kubernetes", { skip: typeof control === "string" ? control : false }, () => {
  it("is that of the work, or the target's, and the cluster tells what its machines are", async () => {
    const nothing = async (): Promise<void> => {};
    const subject = { ...under, settings: under.settings(), takeAway: nothing, vanish: nothing };
    const open = await openTarget(subject, await temporaryFolder());
    const imageOf = async (image: string | null): Promise<string | undefined> => {
      const handle = await open.submit({ image });
      const path = `/apis/batch/v1/namespaces/default/jobs/${farName({ id: handle.work })}`;
      const job = jobSchema.parse((await cluster?.ask("GET", path))?.json);
      await open.finish(handle);
      return job.spec.template.spec.containers[0]?.image;
    };
    const own = `registry.example.org/ml@sha256:${"a".repeat(64)}`;
    assert.deepEqual([await imageOf(own), await imageOf(null)], [own, "none"]);
    assert.deepEqual(await open.target.surroundings(own), {
      image: `sha256:${"a".repeat(64)}`,
      platform: "linux/amd64",
    });
    await open.close();
  });
});
