import { useMemo, useState } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { ParallelChart } from "../../components/charts/parallel-chart.tsx";
import type { AxisValue } from "../../components/charts/parallel-lines.ts";
import { ScatterChart } from "../../components/charts/scatter-chart.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Choice } from "../../components/field.tsx";
import { plain } from "../../components/format.ts";
import { Panel } from "../../components/panel.tsx";
import type { TableView } from "../../components/table-view.ts";
import type { Comparison } from "../../data/runs.ts";

/** How parameters and metrics hang together over all compared runs: parallel coordinates, one against another, and the same as a table. */
export function CompareSweep({ compared, onOpen }: { compared: Comparison; onOpen: (run: string) => void }) {
  const dimensions = useMemo(() => dimensionsOf(compared), [compared]);
  const [chosen, setChosen] = useState<readonly string[]>(() => usualAxes(compared));
  const [across, setAcross] = useState(chosen[0] ?? "");
  const [up, setUp] = useState(chosen.at(-1) ?? "");
  const [view, setView] = useState<TableView>({});
  const shown = dimensions.filter(({ id }) => chosen.includes(id));
  const items = useMemo(
    () =>
      compared.runs.map((run, index) => ({
        key: run.id,
        label: run.name || run.id.slice(0, 8),
        values: shown.map(({ values }) => values[index] ?? null),
      })),
    // The chosen dimensions decide which values are shown.
    [compared, chosen],
  );
  const x = dimensions.find(({ id }) => id === across);
  const y = dimensions.find(({ id }) => id === up);
  const points = useMemo(
    () =>
      items.map((item, index) => ({
        key: item.key,
        label: item.label,
        x: x?.values[index] ?? null,
        y: y?.values[index] ?? null,
      })),
    [items, x, y],
  );
  if (dimensions.length === 0)
    return <EmptyState icon="chart" title="These runs have neither parameters nor metrics that differ" />;
  const options = dimensions.map(({ id }) => ({ value: id, label: id }));
  const columns: Column<(typeof items)[number]>[] = [
    { id: "run", header: "Run", value: (item) => item.label },
    ...shown.map(({ id }, at): Column<(typeof items)[number]> => ({
      id,
      header: id,
      value: (item) => item.values[at] ?? null,
      cell: (item) => plain(item.values[at]),
    })),
  ];
  return (
    <div className="space-y-5">
      <Panel title="Parallel coordinates" hint="coloured by the last axis">
        <details className="mb-3">
          <summary className="w-fit cursor-pointer rounded text-sm text-accent">Choose axes</summary>
          <div className="scroll-quiet mt-2 flex max-h-40 flex-wrap gap-x-4 gap-y-1 overflow-y-auto">
            {dimensions.slice(0, mostOffered).map(({ id }) => (
              <label key={id} className="flex h-6 items-center gap-1.5 text-sm">
                <input
                  type="checkbox"
                  className="size-4"
                  checked={chosen.includes(id)}
                  onChange={() =>
                    setChosen(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id])
                  }
                />
                {id}
              </label>
            ))}
          </div>
        </details>
        <ParallelChart
          axes={shown.map(({ id }) => ({ id, label: id.replace(/^\w+\./, "") }))}
          items={items}
          onOpen={onOpen}
        />
      </Panel>
      <Panel
        title="One against another"
        actions={
          <>
            <Choice label="Across" value={across} options={options} onChange={setAcross} />
            <Choice label="Up" value={up} options={options} onChange={setUp} />
          </>
        }
      >
        <ScatterChart
          x={across.replace(/^\w+\./, "")}
          y={up.replace(/^\w+\./, "")}
          items={points}
          onOpen={onOpen}
        />
      </Panel>
      <Panel title="As a table" hint="the chosen axes" flush>
        <DataTable
          label="The runs of the sweep"
          rows={items}
          columns={columns}
          rowKey={(item) => item.key}
          view={view}
          onView={(change) => setView({ ...view, ...change })}
        />
      </Panel>
    </div>
  );
}

const mostOffered = 200;

interface Dimension {
  id: string;
  values: readonly AxisValue[];
}

/** What differs between the runs; parameters first, as causes stand before effects. */
function dimensionsOf(compared: Comparison): Dimension[] {
  return [
    ...compared.params
      .filter((row) => row.differs)
      .map(({ key, values }) => ({ id: `params.${key}`, values })),
    ...compared.metrics
      .filter((row) => row.differs)
      .map(({ key, values }) => ({ id: `metrics.${key}`, values })),
  ];
}

function usualAxes(compared: Comparison): string[] {
  const all = dimensionsOf(compared).map(({ id }) => id);
  const params = all.filter((id) => id.startsWith("params."));
  const metrics = all.filter((id) => id.startsWith("metrics."));
  return [...params.slice(0, 4), ...metrics.slice(0, 3)];
}
