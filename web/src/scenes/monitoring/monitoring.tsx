import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { EmptyState } from "../../components/answers.tsx";
import { count } from "../../components/format.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { monitoringQuery, type MonitoringOverview } from "../../data/monitoring.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { Drift } from "./drift.tsx";
import { Quality } from "./quality.tsx";

/** Is it still good? Every value with its count, its coverage and its interval, over the time of the events. */
export function Monitoring() {
  const { project } = useParams({ from: "/projects/$project/monitoring" });
  const { tab } = useSearch({ strict: false });
  const query = useQuery(monitoringQuery(project));
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Monitoring"
        lead="Generated from the charter. Values mature as outcomes arrive; a late outcome restates the window it belongs to."
        meta={query.data && <Coverage overview={query.data} />}
      />
      <Answer query={query} part>
        {(overview) =>
          overview.monitors.length === 0 ? (
            <EmptyState icon="monitoring" title="Nothing to watch yet">
              <p>Monitors follow from ready_when in the charter, and begin with the first live release.</p>
            </EmptyState>
          ) : (
            <>
              <Tabs
                label="Views of monitoring"
                current={tab === "drift" ? "drift" : "quality"}
                items={[
                  { value: "quality", label: "Quality" },
                  { value: "drift", label: "Drift" },
                ]}
              />
              {tab === "drift" ? (
                <Drift project={project} monitors={overview.monitors} />
              ) : (
                <Quality project={project} overview={overview} />
              )}
            </>
          )
        }
      </Answer>
    </>
  );
}

function Coverage({ overview }: { overview: MonitoringOverview }) {
  return (
    <>
      <span className="tabular">{count(overview.predictions, "prediction")}</span>
      <span className="tabular">{count(overview.outcomes, "outcome")}</span>
      {overview.evaluatedUntilMs !== null && (
        <span>
          evaluated until <RelativeTime atMs={overview.evaluatedUntilMs} />
        </span>
      )}
    </>
  );
}
