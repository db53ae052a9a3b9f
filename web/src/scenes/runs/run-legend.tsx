import { Button } from "../../components/button.tsx";
import { LineLegend } from "../../components/charts/line-legend.tsx";
import type { DrawnRun } from "./metric-charts.tsx";

/** Which colour is which run, in all charts of a page; to see one among many, hide all and show that one. */
export function RunLegend({ runs, hidden, onHide }: RunLegendProps) {
  const isAllHidden = runs.every((run) => hidden.has(run.id));
  return (
    <div
      role="group"
      aria-label="Runs"
      className="mb-4 flex max-h-28 flex-wrap items-center gap-x-4 gap-y-1 overflow-y-auto text-sm"
    >
      <LineLegend
        lines={runs.map((run, order) => ({ key: run.id, label: run.label, colour: order }))}
        hidden={hidden}
        onHide={onHide}
      />
      <Button look="quiet" onClick={() => onHide(new Set(isAllHidden ? [] : runs.map((run) => run.id)))}>
        {isAllHidden ? "Show all" : "Hide all"}
      </Button>
    </div>
  );
}

export interface RunLegendProps {
  runs: readonly DrawnRun[];
  /** Ids of the runs that are not drawn. */
  hidden: ReadonlySet<string>;
  onHide: (hidden: ReadonlySet<string>) => void;
}
