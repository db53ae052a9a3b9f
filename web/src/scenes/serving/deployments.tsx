import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { EmptyState } from "../../components/answers.tsx";
import { PlainLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { deploymentsQuery } from "../../data/deployments.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { TrafficShares } from "./traffic-shares.tsx";
import { FindPrediction } from "./find-prediction.tsx";

/** What answers predictions, and which version answers how much. */
export function Deployments() {
  const { project } = useParams({ from: "/projects/$project/serving" });
  const query = useQuery(deploymentsQuery(project));
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Serving"
        lead="What answers predictions now. The gateway goes on when this server is away."
      />
      <Answer query={query} part>
        {({ deployments }) =>
          deployments.length === 0 ? (
            <EmptyState
              icon="serving"
              title="Nothing serves yet"
              command="gyre release MODEL@VERSION --to production"
            >
              <p>The first live release makes the first endpoint.</p>
            </EmptyState>
          ) : (
            <div className="space-y-5">
              <ul className="grid gap-4 lg:grid-cols-2">
                {deployments.map((deployment) => (
                  <li key={deployment.id}>
                    <PlainLink
                      to="/projects/$project/serving/$deployment"
                      params={{ project, deployment: deployment.id }}
                      className="group block rounded-xl border border-line bg-panel p-5 hover:border-line-strong"
                    >
                      <span className="flex flex-wrap items-center justify-between gap-2">
                        <span className="text-lg font-semibold group-hover:text-accent">
                          {deployment.model}{" "}
                          <span className="font-normal text-faint">in {deployment.environment}</span>
                        </span>
                        <StateBadge state={deployment.state} />
                      </span>
                      <span className="mt-1 block font-mono text-xs break-all text-faint">
                        {deployment.endpoint}
                      </span>
                      <span className="mt-4 block">
                        <TrafficShares variants={deployment.variants} />
                      </span>
                      <span className="mt-3 block text-xs text-faint">
                        changed <RelativeTime atMs={deployment.updatedAtMs} />
                      </span>
                    </PlainLink>
                  </li>
                ))}
              </ul>
              <FindPrediction project={project} />
            </div>
          )
        }
      </Answer>
    </>
  );
}
