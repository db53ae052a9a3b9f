import { after, before } from "node:test";

import { describeTarget } from "../conformance/suite.ts";
import { signalWork } from "../far/test-signal.ts";
import { findRay, startRay } from "./test-cluster.ts";
import type { RayCluster } from "./test-cluster.ts";

const cpus = 4;
const environment = await findRay();
let cluster: RayCluster | undefined;

if (typeof environment !== "string") {
  before(async () => {
    cluster = await startRay(environment, cpus);
  });
  after(async () => await cluster?.stop());
}

describeTarget(
  {
    name: "ray",
    settings: () => [{ name: "ray", kind: "ray", url: cluster?.url ?? "", can_grow: false }],
    cpus,
    outlivesServer: true,
    takeAway: async (handle) => await signalWork(handle, "SIGTERM"),
    vanish: async (handle) => await signalWork(handle, "SIGKILL"),
  },
  typeof environment === "string" ? environment : false,
);
