import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Skeleton } from "../../components/answers.tsx";
import { TimeChart } from "../../components/charts/time-chart.tsx";
import { CopyButton } from "../../components/code-block.tsx";
import { duration, number, share } from "../../components/format.ts";
import { TextLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { deploymentQuery, trafficQuery, type Deployment, type Traffic } from "../../data/deployments.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { TrafficShares } from "./traffic-shares.tsx";
import { TryIt } from "./try-it.tsx";

/** One endpoint: who answers how much, how fast, and a form that sends a real prediction. */
export function DeploymentPage() {
  const { project, deployment: id } = useParams({ from: "/projects/$project/serving/$deployment" });
  const query = useQuery(deploymentQuery(project, id));
  const traffic = useQuery(trafficQuery(project, id));
  return (
    <Answer query={query}>
      {({ deployment }) => (
        <>
          <PageHeader
            crumbs={crumbs(project, "serving")}
            title={`${deployment.model} in ${deployment.environment}`}
            state={<StateBadge state={deployment.state} />}
            meta={
              <>
                <span className="inline-flex items-center font-mono text-xs break-all">
                  {deployment.endpoint}
                  <CopyButton text={deployment.endpoint} label="Copy the endpoint" className="-my-2" />
                </span>
                <span>
                  changed <RelativeTime atMs={deployment.updatedAtMs} />
                </span>
              </>
            }
          />
          <div className="space-y-5">
            <Panel title="Who answers">
              <TrafficShares variants={deployment.variants} />
              <Variants project={project} deployment={deployment} />
            </Panel>
            <Panel title="Traffic">
              <Answer query={traffic} skeleton={<Skeleton height={220} />}>
                {(answer) => <TrafficChart traffic={answer} />}
              </Answer>
            </Panel>
            <TryIt project={project} deployment={deployment} />
          </div>
        </>
      )}
    </Answer>
  );
}

function Variants({ project, deployment }: { project: string; deployment: Deployment }) {
  return (
    <div
      className="scroll-quiet mt-5 overflow-x-auto border-t border-line"
      role="region"
      aria-label="Variants"
      tabIndex={0}
    >
      <table className="w-full text-sm">
        <thead>
          <tr className="text-xs text-faint">
            {["Version", "Release", "Decides from", "Predictions", "Errors", "p50", "p95"].map(
              (name, index) => (
                <th
                  key={name}
                  scope="col"
                  className={`py-2 pr-6 font-medium whitespace-nowrap ${index < 2 ? "text-left" : "text-right"}`}
                >
                  {name}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {deployment.variants.map((variant) => (
            <tr key={variant.releaseId} className="border-t border-line">
              <td className="py-2 pr-6 whitespace-nowrap">
                <TextLink
                  to="/projects/$project/models/$model/$version"
                  params={{ project, model: deployment.model, version: String(variant.number) }}
                >
                  v{variant.number}
                </TextLink>{" "}
                <span className="text-faint">{variant.role}</span>
              </td>
              <td className="py-2 pr-6">
                <TextLink
                  to="/projects/$project/releases/$release"
                  params={{ project, release: variant.releaseId }}
                  className="font-mono text-xs"
                >
                  {variant.releaseId}
                </TextLink>
              </td>
              <td className="py-2 pr-6 text-right">{share(variant.threshold)}</td>
              <td className="py-2 pr-6 text-right">{number(variant.requests)}</td>
              <td className="py-2 pr-6 text-right">{number(variant.errors)}</td>
              <td className="py-2 pr-6 text-right whitespace-nowrap">{duration(variant.latencyMs.p50)}</td>
              <td className="py-2 pr-6 text-right whitespace-nowrap">{duration(variant.latencyMs.p95)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function TrafficChart({ traffic }: { traffic: Traffic }) {
  if (traffic.atMs.length < 2)
    return <p className="text-soft">No predictions were asked for yet. The form below sends one.</p>;
  return (
    <TimeChart
      title="Predictions"
      showTitle={false}
      at={traffic.atMs}
      height={220}
      range={[0, null]}
      format={(value) => number(value)}
      series={traffic.variants.map((variant, index) => ({
        key: `${variant.role} v${variant.number}`,
        label: `v${variant.number} ${variant.role}`,
        values: variant.requests,
        dashed: variant.role === "shadow",
        colour: index,
      }))}
    />
  );
}
