import { number, share } from "../format.ts";

/** Rows are what was true, columns what was predicted; the shade is the share within the row. */
export function ConfusionMatrix({ labels, counts, positive }: ConfusionMatrixProps) {
  return (
    <div className="scroll-quiet overflow-x-auto">
      <table className="text-sm">
        <caption className="mb-2 text-left text-xs text-faint">
          Rows: what was true. Columns: what was predicted.
        </caption>
        <thead>
          <tr>
            <td />
            {labels.map((label) => (
              <th key={label} scope="col" className="px-3 py-1.5 text-xs font-medium text-faint">
                {label}
              </th>
            ))}
            <th scope="col" className="px-3 py-1.5 text-right text-xs font-medium text-faint">
              found
            </th>
          </tr>
        </thead>
        <tbody>
          {labels.map((label, row) => {
            const total = (counts[row] ?? []).reduce((all, count) => all + count, 0);
            return (
              <tr key={label}>
                <th scope="row" className="pr-3 text-left text-xs font-medium whitespace-nowrap text-faint">
                  {label}
                  {label === positive && <span className="ml-1 text-accent">(decides)</span>}
                </th>
                {labels.map((predicted, column) => {
                  const value = counts[row]?.[column] ?? 0;
                  const part = total === 0 ? 0 : value / total;
                  const colour = row === column ? "good" : "bad";
                  return (
                    <td key={predicted} className="p-0.5">
                      <div
                        className="flex h-12 min-w-20 flex-col items-center justify-center rounded border border-line"
                        style={{
                          background: `color-mix(in oklab, var(--${colour}-wash) ${Math.round(part * 100)}%, var(--panel))`,
                        }}
                        title={`true ${label}, predicted ${predicted}: ${share(part)}`}
                      >
                        <span className="font-medium">{number(value)}</span>
                        <span className="text-2xs text-soft">{share(part, 0)}</span>
                      </div>
                    </td>
                  );
                })}
                <td className="px-3 text-right">
                  {total === 0 ? "–" : share((counts[row]?.[row] ?? 0) / total)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export interface ConfusionMatrixProps {
  labels: readonly string[];
  /** counts[true][predicted] */
  counts: readonly (readonly number[])[];
  positive?: string;
}
