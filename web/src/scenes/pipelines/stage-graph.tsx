import { duration } from "../../components/format.ts";
import { GraphView } from "../../components/graph/graph-view.tsx";
import type { Step } from "../../data/executions.ts";

/** The stages of an execution and how far each has come. */
export function StageGraph({ steps, selected, onSelect, height }: StageGraphProps) {
  return (
    <GraphView
      label="Stages"
      height={height ?? 300}
      selected={selected}
      onSelect={onSelect}
      nodes={steps.map((step) => ({
        id: step.stage,
        label: step.stage,
        state: step.state,
        detail: [
          step.state,
          step.startedAtMs && step.endedAtMs ? duration(step.endedAtMs - step.startedAtMs) : undefined,
        ]
          .filter(Boolean)
          .join(" · "),
      }))}
      edges={steps.flatMap((step) => step.dependsOn.map((before) => ({ from: before, to: step.stage })))}
    />
  );
}

export interface StageGraphProps {
  steps: readonly Pick<Step, "stage" | "state" | "startedAtMs" | "endedAtMs" | "dependsOn">[];
  selected?: string | undefined;
  onSelect?: (stage: string) => void;
  height?: number;
}
