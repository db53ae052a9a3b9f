import { useState } from "react";

import { number } from "../format.ts";

/** The twin of a chart: a row for each place on its axis, a column for each of its lines. */
export function ChartTable({
  title,
  at,
  lines,
  cell,
  atFormat,
  atLabel,
  height,
  rowsAtOnce = Infinity,
}: {
  title: string;
  at: readonly number[];
  lines: readonly { readonly key: string; readonly label: string }[];
  /** What a line has at a place of the axis, by their indices. */
  cell: (line: number, row: number) => string;
  atFormat: (at: number) => string;
  atLabel: string;
  height: number;
  rowsAtOnce?: number;
}) {
  const [shown, setShown] = useState(rowsAtOnce);
  return (
    <div
      role="region"
      aria-label={`${title}, table`}
      tabIndex={0}
      className="scroll-quiet overflow-auto"
      style={{ height }}
    >
      <table className="w-full text-sm">
        <thead className="sticky top-0 bg-panel">
          <tr className="text-left text-xs text-faint">
            <th className="py-1.5 pr-4 font-medium">{atLabel}</th>
            {lines.map((line) => (
              <th key={line.key} className="px-3 py-1.5 text-right font-medium">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {at.slice(0, shown).map((moment, row) => (
            <tr key={moment} className="border-t border-line">
              <td className="py-1.5 pr-4 whitespace-nowrap">{atFormat(moment)}</td>
              {lines.map((line, index) => (
                <td key={line.key} className="tabular px-3 py-1.5 text-right whitespace-nowrap">
                  {cell(index, row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {at.length > shown && (
        <button
          type="button"
          onClick={() => setShown(shown + rowsAtOnce)}
          className="mt-1 h-8 rounded-md px-2 text-sm text-accent hover:bg-hover"
        >
          {`Show more of ${number(at.length)} rows`}
        </button>
      )}
    </div>
  );
}
