import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "../../components/answers.tsx";
import { Panel } from "../../components/panel.tsx";
import type { Incident } from "../../data/incidents.ts";
import { qualityQuery } from "../../data/monitoring.ts";
import { Answer } from "../../shell/answer.tsx";
import { metricName } from "../metrics.ts";
import { QualityChart, QualityLegend } from "../monitoring/quality-chart.tsx";
import { Rollout } from "../releases/rollout.tsx";

const dayMs = 86_400_000;
const drawn = new Set(["performance", "data", "outage"]);

/** What was seen: the curve around the incident, or for a rollout the comparison that stopped it. */
export function Evidence({ project, incident }: { project: string; incident: Incident }) {
  if (incident.kind === "guardrail") return <Rollout project={project} release={incident.releaseId} />;
  return drawn.has(incident.kind) ? <Curve project={project} incident={incident} /> : null;
}

function Curve({ project, incident }: { project: string; incident: Incident }) {
  const { metric, expected } = incident.evidence;
  const segment = / for (\S+=.+) is /.exec(incident.title)?.[1];
  const query = useQuery(
    qualityQuery(project, metric, segment, {
      fromMs: incident.onsetMs - 7 * dayMs,
      ...(incident.resolvedAtMs === null ? {} : { toMs: incident.resolvedAtMs + 3 * dayMs }),
    }),
  );
  return (
    <Panel title="Evidence" hint={`${metricName(metric)} over the time of the predictions`}>
      <Answer query={query} skeleton={<Skeleton height={260} />}>
        {(quality) => (
          <div className="space-y-3">
            <QualityChart
              metric={metric}
              quality={quality}
              bounds={expected === null ? [] : [expected]}
              incidents={[incident]}
              currency=""
              height={240}
            />
            <QualityLegend windows={quality.windows} />
          </div>
        )}
      </Answer>
    </Panel>
  );
}
