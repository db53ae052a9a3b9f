import { useQuery } from "@tanstack/react-query";
import { number, share } from "../../components/format.ts";
import { Panel } from "../../components/panel.tsx";
import { Stat, StatRow } from "../../components/stat.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { rolloutQuery, type RolloutReading } from "../../data/monitoring.ts";
import { metricFormat, metricName } from "../metrics.ts";

/** The candidate beside the live version: every comparison of the rollout with its verdict. */
export function Rollout({ project, release }: { project: string; release: string }) {
  const { data } = useQuery(rolloutQuery(project, release));
  if (!data?.reading) return null;
  return <Reading reading={data.reading} />;
}

function Reading({ reading }: { reading: RolloutReading }) {
  const { predictions, outcomes, agreement } = reading;
  return (
    <Panel
      title={`Beside the live version, as ${reading.step}`}
      hint={
        <>
          since <RelativeTime atMs={reading.sinceMs} />
        </>
      }
      actions={<StateBadge {...verdictLook(reading.verdict)} />}
    >
      <StatRow>
        <Stat
          label="Its predictions"
          value={predictions.candidate}
          note={`${number(predictions.live)} live`}
        />
        <Stat label="Known outcomes" value={outcomes.candidate} note={`${number(outcomes.live)} live`} />
        {agreement !== null && (
          <Stat label="Decides like the live one" value={share(agreement)} note="on the same requests" />
        )}
      </StatRow>
      <ul aria-label="Comparisons" className="mt-5 divide-y divide-line border-t border-line">
        {reading.comparisons.map((comparison) => (
          <Comparison key={`${comparison.metric} ${comparison.method}`} comparison={comparison} />
        ))}
      </ul>
    </Panel>
  );
}

function Comparison({ comparison }: { comparison: RolloutReading["comparisons"][number] }) {
  const { metric, method, candidate, live, bound, interval, n } = comparison;
  // A percentile has no sequential test; the share of answers beyond the bound has one.
  const isShareOfSlow = metric === "latency_p95_ms" && method === "bound";
  const format = isShareOfSlow ? (value: number | null) => share(value) : metricFormat(metric);
  const against =
    bound !== null
      ? `${format(bound)} ${isShareOfSlow ? "allowed" : "in the charter"}`
      : live !== null
        ? `${format(live)} live`
        : undefined;
  return (
    <li className="grid items-center gap-x-6 gap-y-1 py-3 last:pb-0 sm:grid-cols-[1fr_auto_8rem]">
      <div className="min-w-0">
        <p className="font-medium">{isShareOfSlow ? "slow answers" : metricName(metric)}</p>
        <p className="tabular text-sm text-soft">
          {format(candidate)}
          {against && ` against ${against}`}
        </p>
      </div>
      <p className="tabular text-xs text-faint">
        {interval && (
          <>
            {bound === null ? "difference " : "between "}
            {format(interval[0])} to {format(interval[1])} ·{" "}
          </>
        )}
        n = {number(n)}
      </p>
      <span className="sm:justify-self-end">
        <StateBadge {...verdictLook(comparison.verdict)} />
      </span>
    </li>
  );
}

function verdictLook(verdict: RolloutReading["verdict"]): { state: string; word: string } {
  if (verdict === "worse") return { state: "failed", word: "worse" };
  if (verdict === "not_worse") return { state: "passed", word: "not worse" };
  return { state: "insufficient", word: "too early" };
}
