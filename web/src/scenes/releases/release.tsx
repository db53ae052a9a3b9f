import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { TimeChart } from "../../components/charts/time-chart.tsx";
import { duration, number, share } from "../../components/format.ts";
import { TextLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Notice, Panel } from "../../components/panel.tsx";
import { ProgressSteps, type ProgressStep } from "../../components/progress-steps.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { Timeline } from "../../components/timeline.tsx";
import { releaseQuery, type Release } from "../../data/releases.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { Decisions } from "./decisions.tsx";
import { Gates } from "./gates.tsx";
import { Actor } from "../../shell/actor.tsx";
import { useNameOf } from "../../shell/who.ts";
import { Rollout } from "./rollout.tsx";

/** One release: the verdict of each gate with its evidence, who approved, how far the rollout is. */
export function ReleasePage() {
  const { project, release: id } = useParams({ from: "/projects/$project/releases/$release" });
  const query = useQuery(releaseQuery(project, id));
  return <Answer query={query}>{({ release }) => <Loaded project={project} release={release} />}</Answer>;
}

function Loaded({ project, release }: { project: string; release: Release }) {
  const nameOf = useNameOf();
  return (
    <>
      <PageHeader
        crumbs={crumbs(project, "releases")}
        title={`${release.model} v${release.number} to ${release.environment}`}
        state={<StateBadge state={release.state} />}
        lead={release.reason}
        meta={
          <>
            <span>
              asked by <Actor id={release.requestedBy} /> <RelativeTime atMs={release.requestedAtMs} />
            </span>
            <TextLink
              to="/projects/$project/models/$model/$version"
              params={{ project, model: release.model, version: String(release.number) }}
            >
              the model version
            </TextLink>
            {release.replaces && (
              <TextLink
                to="/projects/$project/releases/$release"
                params={{ project, release: release.replaces }}
              >
                the release it replaces
              </TextLink>
            )}
            <code className="font-mono text-xs">{release.id}</code>
          </>
        }
        actions={<Decisions project={project} release={release} />}
      />
      <div className="space-y-5">
        {release.endReason && (
          <Notice
            tone={release.state === "superseded" ? "good" : "bad"}
            title={release.endReason || "It has ended"}
          >
            <RelativeTime atMs={release.endedAtMs} />
          </Notice>
        )}
        {release.exception && (
          <Notice tone="warn" title={`An exception was made by ${nameOf(release.exception.by)}`}>
            {release.exception.reason}
          </Notice>
        )}
        <Panel title="The way to all traffic">
          <ProgressSteps label="The way of this release" steps={way(release)} />
        </Panel>
        {["rolling_out", "rolled_back"].includes(release.state) && (
          <Rollout project={project} release={release.id} />
        )}
        <Gates results={release.gates} />
        <div className="grid items-start gap-5 lg:grid-cols-2">
          {release.thresholdCurve.length > 1 && (
            <Panel
              title="Decision threshold"
              hint={release.threshold === null ? undefined : `decides from ${share(release.threshold)} on`}
            >
              <TimeChart
                title="Cost per prediction by threshold"
                showTitle={false}
                isTime={false}
                atLabel="threshold"
                atFormat={(threshold) => `threshold ${number(threshold)}`}
                at={release.thresholdCurve.map((point) => point.threshold)}
                series={[
                  {
                    key: "cost",
                    label: "cost per prediction",
                    values: release.thresholdCurve.map((point) => point.costPerPrediction),
                  },
                ]}
                marks={release.threshold === null ? [] : [{ atMs: release.threshold, label: "chosen" }]}
                format={(value) => number(value)}
                height={200}
              />
            </Panel>
          )}
          <Panel title="Approvals" hint={`${release.approvals.length} of ${release.approvalsNeeded} needed`}>
            {release.approvals.length === 0 ? (
              <p className="text-soft">
                {release.approvalsNeeded === 0
                  ? "None is needed."
                  : release.state === "awaiting_approval"
                    ? "Nobody approved yet. The author may not."
                    : "Nobody approved."}
              </p>
            ) : (
              <Timeline
                entries={release.approvals.map((approval) => ({
                  id: approval.by,
                  atMs: approval.atMs,
                  title: `${nameOf(approval.by)} approved`,
                  state: "approved",
                  ...(approval.note ? { detail: approval.note } : {}),
                }))}
              />
            )}
          </Panel>
        </div>
      </div>
    </>
  );
}

/** Judged, approved, then each step of the rollout; what failed stays where it failed. */
function way(release: Release): ProgressStep[] {
  const { state } = release;
  const judged = state === "judging" ? "judging" : state === "refused" ? "refused" : "passed";
  const past = state !== "judging" && state !== "refused";
  const approved = !past
    ? "pending"
    : state === "awaiting_approval"
      ? "awaiting_approval"
      : state === "declined"
        ? "rejected"
        : "approved";
  const begun = ["rolling_out", "live", "superseded", "rolled_back"].includes(state);
  const stages = release.steps.length > 0 ? release.steps : [{ kind: "all" as const }];
  return [
    { label: "Gates", state: judged },
    { label: "Approval", state: approved },
    ...stages.map((step, index): ProgressStep => {
      const current = release.currentStep ?? (state === "rolling_out" ? 0 : stages.length);
      const done = state === "live" || state === "superseded" || (begun && index < current);
      const here = begun && index === current;
      const stepState = done
        ? "done"
        : here
          ? state === "rolled_back"
            ? "rolled_back"
            : "running"
          : "pending";
      const detail = step.kind === "all" ? undefined : `for ${duration(step.durationMs)}`;
      return {
        label:
          step.kind === "canary"
            ? `Canary ${share(step.share)}`
            : step.kind === "shadow"
              ? "Shadow"
              : "All traffic",
        state: stepState,
        detail,
      };
    }),
  ];
}
