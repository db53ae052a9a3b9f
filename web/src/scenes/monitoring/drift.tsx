import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Skeleton } from "../../components/answers.tsx";
import { TimeChart } from "../../components/charts/time-chart.tsx";
import { number, share, words } from "../../components/format.ts";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { driftQuery, type DriftFeature, type Monitor } from "../../data/monitoring.ts";
import { Answer } from "../../shell/answer.tsx";
import { DriftCells } from "./drift-cells.tsx";

/** What moved since the release: a diagnosis beside the quality, never an alarm of its own. */
export function Drift({ project, monitors }: { project: string; monitors: readonly Monitor[] }) {
  const query = useQuery(driftQuery(project));
  const watching = monitors.find((monitor) => monitor.kind === "drift");
  return (
    <Answer query={query} skeleton={<Skeleton height={420} />}>
      {({ features }) =>
        features.length === 0 ? (
          <Panel>
            <p className="text-soft">Not enough traffic since the release to compare with.</p>
          </Panel>
        ) : (
          <Loaded features={features} alarmAt={watching?.alarmAt ?? 100} />
        )
      }
    </Answer>
  );
}

function Loaded({ features, alarmAt }: { features: readonly DriftFeature[]; alarmAt: number }) {
  const { at } = useSearch({ strict: false });
  const navigate = useNavigate();
  const chosen = features.find((feature) => feature.feature === at) ?? features[0];
  const choose = (feature: DriftFeature) =>
    void navigate({
      to: ".",
      search: (before: Record<string, unknown>) => ({ ...before, at: feature.feature }),
      replace: true,
      resetScroll: false,
    });
  return (
    <div className="space-y-5">
      <Panel title="Evidence of change since the release" hint="1× says nothing; more speaks for a change">
        <EvidenceChart features={features} alarmAt={alarmAt} />
      </Panel>
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <Panel title="What is watched" hint="the strongest change first" flush>
          <ul className="divide-y divide-line border-t border-line">
            {features.map((feature) => (
              <li key={feature.feature}>
                <button
                  type="button"
                  aria-pressed={feature === chosen}
                  onClick={() => choose(feature)}
                  className="flex w-full flex-wrap items-center justify-between gap-x-4 px-5 py-2.5 text-left -outline-offset-2 hover:bg-hover aria-pressed:bg-accent-wash"
                >
                  <span className="font-medium">{words(feature.feature)}</span>
                  <StateText
                    state={feature.alarm ? "drift" : "stable"}
                    word={feature.alarm ? "changed" : "as before"}
                  />
                  {feature.strongest && isTelling(feature) && (
                    <span className="w-full text-sm text-soft">{say(feature.strongest)}</span>
                  )}
                </button>
              </li>
            ))}
          </ul>
        </Panel>
        {chosen && <DriftCells feature={chosen} />}
      </div>
    </div>
  );
}

function EvidenceChart({ features, alarmAt }: { features: readonly DriftFeature[]; alarmAt: number }) {
  const at = [...new Set(features.flatMap((feature) => feature.series.map((point) => point.startMs)))].sort(
    (a, b) => a - b,
  );
  const evidence = features.flatMap((feature) => feature.series.map((point) => exponent(point.eValue)));
  return (
    <TimeChart
      title="Evidence of change"
      showTitle={false}
      at={at}
      height={220}
      format={(value) => (value === null ? "–" : `${number(Number((10 ** value).toPrecision(2)))}×`)}
      thresholds={[{ value: exponent(alarmAt), label: `notice at ${number(alarmAt)}×` }]}
      range={[Math.min(-0.3, ...evidence), Math.max(exponent(alarmAt) * 1.25, ...evidence)]}
      series={features.slice(0, 8).map((feature, index) => {
        const known = new Map(feature.series.map((point) => [point.startMs, exponent(point.eValue)]));
        return {
          key: feature.feature,
          label: words(feature.feature),
          values: at.map((moment) => known.get(moment) ?? null),
          colour: index,
        };
      })}
    />
  );
}

function exponent(eValue: number): number {
  return Math.log10(Math.max(eValue, 1e-6));
}

/** The strongest of many small differences is worth a sentence only when there is one to see. */
function isTelling({ alarm, strongest }: DriftFeature): boolean {
  return (
    alarm !== null || (strongest !== null && Math.abs(strongest.share - strongest.referenceShare) >= 0.01)
  );
}

function say(strongest: NonNullable<DriftFeature["strongest"]>): string {
  const { cell, direction, referenceShare, share: now } = strongest;
  return `${direction} ${cell}: ${share(referenceShare)} before, ${share(now)} since`;
}
