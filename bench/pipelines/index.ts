import type { Figure, Measurement } from "../figures.ts";
import { measurePeers } from "./peers.ts";
import { measureNoOp, measureOverhead, measurePlan, measureSlots } from "./ours.ts";

/** The scheduler: what it adds to a step, how well it fills its slots, and how it bears many stages; beside orchestrators. */
export const pipelines: Measurement = {
  name: "pipelines",
  title: "Pipelines: overhead of a step, slots, nothing to do, a large fan-out, and orchestrators beside it",
  async measure({ folder }) {
    const figures: Figure[] = [];
    for (const measure of [measureOverhead, measureSlots, measureNoOp, measurePlan, measurePeers])
      figures.push(...(await measure(folder)));
    return figures;
  },
};
