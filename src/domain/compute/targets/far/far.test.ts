import { after } from "node:test";

import { describeTarget } from "../conformance/suite.ts";
import { createTestLauncher } from "./test-launcher.ts";
import { signalWork } from "./test-signal.ts";

const cpus = 4;
const launcher = createTestLauncher(cpus);
after(() => launcher.close());

describeTarget({
  name: "far",
  settings: () => [{ name: "far", kind: "ray", url: "http://127.0.0.1:1", can_grow: false }],
  launcher: () => launcher,
  cpus,
  outlivesServer: true,
  takeAway: async (handle) => await signalWork(handle, "SIGTERM"),
  vanish: async (handle) => await signalWork(handle, "SIGKILL"),
});
