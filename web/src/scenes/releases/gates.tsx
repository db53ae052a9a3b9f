import { count, number, words } from "../../components/format.ts";
import { Icon } from "../../components/icons.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { lookOf, toneClasses } from "../../components/states.ts";
import type { GateResult, Verdict } from "../../data/releases.ts";
import { Interval } from "./interval.tsx";

/** The verdict of every gate, each with what was measured, how surely, and on how much. */
export function Gates({ results }: { results: readonly GateResult[] }) {
  if (results.length === 0) {
    return (
      <Panel title="Gates">
        <p className="text-soft">
          The candidate is being measured on the holdout and under load. The verdicts appear here.
        </p>
      </Panel>
    );
  }
  const failed = results.filter((result) => result.verdict === "failed").length;
  return (
    <Panel
      title="Gates"
      hint={
        failed === 0
          ? `${count(results.length, "gate")}, none failed`
          : `${failed} of ${count(results.length, "gate")} failed`
      }
      flush
    >
      <ul className="divide-y divide-line border-t border-line">
        {results.map((result) => (
          <GateRow key={result.gate.id} result={result} />
        ))}
      </ul>
    </Panel>
  );
}

function GateRow({ result }: { result: GateResult }) {
  const { slices } = result;
  return (
    <li className="px-5 py-4">
      <div className="grid items-center gap-x-6 gap-y-2 lg:grid-cols-[1fr_minmax(14rem,20rem)_7.5rem]">
        <div className="min-w-0">
          <p className="font-medium">{result.gate.sentence || words(result.gate.metric)}</p>
          <p className="text-sm text-soft">{result.finding}</p>
        </div>
        <Interval
          value={result.value}
          interval={result.interval}
          bound={result.bound}
          label={result.gate.metric}
          baseline={result.baseline}
        />
        <span className="lg:justify-self-end">
          <StateBadge state={stateOf(result.verdict)} />
        </span>
      </div>
      {slices.length > 0 && (
        <details className="group mt-2" open={slices.some((slice) => slice.verdict === "failed")}>
          <summary className="inline-flex h-7 list-none items-center gap-1 rounded text-sm text-faint hover:text-ink">
            <Icon name="right" size={14} className="group-open:rotate-90" />
            {count(slices.length, "slice")}
          </summary>
          <ul className="mt-1 space-y-1.5 border-l border-line pl-4">
            {slices.map((slice) => {
              const look = lookOf(stateOf(slice.verdict));
              return (
                <li
                  key={slice.slice}
                  className="grid grid-cols-[1fr_auto] items-center gap-x-4 text-sm sm:grid-cols-[minmax(8rem,1fr)_minmax(10rem,16rem)_5rem_8rem]"
                >
                  <span className="truncate">{slice.slice}</span>
                  <span className="hidden sm:block">
                    <Interval
                      value={slice.value}
                      interval={slice.interval}
                      bound={result.bound}
                      label={slice.slice}
                      baseline={null}
                      compact
                    />
                  </span>
                  <span className="tabular hidden text-right text-faint sm:block">n {number(slice.n)}</span>
                  <span className={`inline-flex items-center gap-1.5 ${toneClasses[look.tone].ink}`}>
                    <Icon name={look.icon} size={14} />
                    {slice.verdict}
                  </span>
                </li>
              );
            })}
          </ul>
        </details>
      )}
    </li>
  );
}

function stateOf(verdict: Verdict): string {
  return verdict === "inconclusive" ? "insufficient" : verdict;
}
