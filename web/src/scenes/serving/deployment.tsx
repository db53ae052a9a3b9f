import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useNow } from "../../clock.ts";
import { Skeleton } from "../../components/answers.tsx";
import { CopyButton } from "../../components/code-block.tsx";
import { Choice } from "../../components/field.tsx";
import { duration, number, share } from "../../components/format.ts";
import { TextLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { deploymentQuery, trafficQuery, type Deployment } from "../../data/deployments.ts";
import { modelVersionsQuery } from "../../data/models.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { TrafficChart } from "./traffic-chart.tsx";
import { TrafficShares } from "./traffic-shares.tsx";
import { TryIt } from "./try-it.tsx";

/** One endpoint: who answers how much, how fast, and a form that sends a real prediction. */
export function DeploymentPage() {
  const { project, deployment: id } = useParams({ from: "/projects/$project/serving/$deployment" });
  const query = useQuery(deploymentQuery(project, id));
  return (
    <Answer query={query}>{({ deployment }) => <Loaded project={project} deployment={deployment} />}</Answer>
  );
}

function Loaded({ project, deployment }: { project: string; deployment: Deployment }) {
  const live = deployment.variants.find((variant) => variant.role === "live") ?? deployment.variants[0];
  const versions = useQuery(modelVersionsQuery(project, deployment.model));
  const numbers = useMemo(
    () => new Map((versions.data?.versions ?? []).map((version) => [version.id, version.number])),
    [versions.data],
  );
  return (
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
        <TrafficPanel project={project} deployment={deployment} numbers={numbers} />
        {live && (
          <Answer query={versions} skeleton={<Skeleton height={280} />}>
            {(answer) => (
              <TryIt
                project={project}
                deployment={deployment}
                inputs={
                  answer.versions.find((version) => version.id === live.modelVersionId)?.signature.inputs ??
                  []
                }
              />
            )}
          </Answer>
        )}
      </div>
    </>
  );
}

const hourMs = 3_600_000;
const spans = [
  { value: "24 h", lengthMs: 24 * hourMs, stepMs: hourMs },
  { value: "7 d", lengthMs: 7 * 24 * hourMs, stepMs: 6 * hourMs },
  { value: "30 d", lengthMs: 30 * 24 * hourMs, stepMs: 24 * hourMs },
] as const;

function TrafficPanel({ project, deployment, numbers }: TrafficPanelProps) {
  const { at } = useSearch({ strict: false });
  const navigate = useNavigate();
  const span = spans.find((each) => each.value === at) ?? spans[2];
  // In whole steps, so that the question stays the same for a while and its answer is kept.
  const toMs = Math.ceil(Math.max(useNow(), deployment.updatedAtMs) / span.stepMs) * span.stepMs;
  const query = useQuery(
    trafficQuery(project, deployment.id, { fromMs: toMs - span.lengthMs, toMs, stepMs: span.stepMs }),
  );
  return (
    <Panel
      title="Traffic"
      hint={`predictions each ${duration(span.stepMs)}`}
      actions={
        <Choice
          label="Span of time"
          hideLabel
          value={span.value}
          options={spans.map(({ value }) => ({ value, label: `last ${value}` }))}
          onChange={(value) =>
            void navigate({
              to: ".",
              search: (before: Record<string, unknown>) => ({ ...before, at: value }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      }
    >
      <Answer query={query} skeleton={<Skeleton height={220} />}>
        {({ points }) => <TrafficChart points={points} numbers={numbers} />}
      </Answer>
    </Panel>
  );
}

interface TrafficPanelProps {
  project: string;
  deployment: Deployment;
  numbers: ReadonlyMap<string, number>;
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
              <td className="py-2 pr-6 text-right whitespace-nowrap">{duration(variant.latencyMs?.p50)}</td>
              <td className="py-2 pr-6 text-right whitespace-nowrap">{duration(variant.latencyMs?.p95)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
