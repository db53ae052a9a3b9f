import { describeTarget } from "../conformance/suite.ts";

describeTarget({
  name: "local",
  settings: () => [],
  cpus: 4,
  outlivesServer: false,
  takeAway: async (_handle, { targets }) => await targets.stop(),
  async vanish(handle, { restart }) {
    // What a killed server leaves behind is a row and processes that nobody reads; the next one finds both.
    const next = await restart();
    await next.target.poll(handle);
    await next.close();
  },
});
