import { share, words } from "../../components/format.ts";
import { Panel } from "../../components/panel.tsx";
import type { DriftFeature } from "../../data/monitoring.ts";

/** The shares of one feature before and since, cell by cell. */
export function DriftCells({ feature }: { feature: DriftFeature }) {
  const before = shares(feature.reference.counts);
  const since = shares(feature.counts);
  const top = Math.max(...before, ...since, 1e-9);
  return (
    <Panel title={words(feature.feature)} hint="share of predictions, before and since">
      <table className="w-full text-sm">
        <thead>
          <tr className="text-xs text-faint">
            <th scope="col" className="pb-2 text-left font-medium">
              {words(feature.kind)}
            </th>
            <th scope="col" className="w-1/2 pb-2 text-left font-medium">
              <span className="inline-flex items-center gap-3">
                <span className="inline-flex items-center gap-1.5">
                  <span className="h-1 w-4 rounded bg-control" aria-hidden="true" /> before
                </span>
                <span className="inline-flex items-center gap-1.5">
                  <span className="h-2 w-4 rounded bg-series-1" aria-hidden="true" /> since
                </span>
              </span>
            </th>
            <th scope="col" className="pb-2 text-right font-medium">
              Before
            </th>
            <th scope="col" className="pb-2 text-right font-medium">
              Since
            </th>
          </tr>
        </thead>
        <tbody>
          {seen(feature).map(({ cell, index }) => (
            <tr key={cell} className="border-t border-line">
              <th scope="row" className="max-w-40 truncate py-1.5 pr-4 text-left font-normal" title={cell}>
                {feature.kind === "decision" ? (decisions[cell] ?? cell) : cell}
              </th>
              <td className="meter py-1.5 pr-4" aria-hidden="true">
                <span
                  className="block h-1 rounded bg-control"
                  style={{ width: `${((before[index] ?? 0) / top) * 100}%` }}
                />
                <span
                  className="mt-0.5 block h-2 rounded bg-series-1"
                  style={{ width: `${((since[index] ?? 0) / top) * 100}%` }}
                />
              </td>
              <td className="py-1.5 pl-3 text-right whitespace-nowrap text-faint">{share(before[index])}</td>
              <td className="py-1.5 pl-3 text-right whitespace-nowrap">{share(since[index])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

const decisions: Readonly<Record<string, string>> = { 1: "yes", 0: "no" };

/** Cells that hold something, before or since. */
function seen({ reference, counts }: DriftFeature): { cell: string; index: number }[] {
  return reference.cells
    .map((cell, index) => ({ cell, index }))
    .filter(({ index }) => (reference.counts[index] ?? 0) > 0 || (counts[index] ?? 0) > 0);
}

function shares(counts: readonly number[]): number[] {
  const total = counts.reduce((all, count) => all + count, 0) || 1;
  return counts.map((count) => count / total);
}
