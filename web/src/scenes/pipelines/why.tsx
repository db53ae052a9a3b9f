import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "../../components/answers.tsx";
import { TextLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { stepWhyQuery, whyQuery, type Explanation } from "../../data/executions.ts";
import { Answer } from "../../shell/answer.tsx";
import { Differences } from "./differences.tsx";

/** Would this stage run now, or be taken from the cache; and what differs from the nearest earlier run. */
export function Why({ project, stage }: { project: string; stage: string }) {
  const query = useQuery(whyQuery(project, stage));
  return (
    <Answer query={query} skeleton={<Skeleton height={160} />}>
      {({ explanations }) => (
        <>
          {explanations.map((explanation) => (
            <Panel
              key={explanation.stage}
              title={`Would ${explanation.stage} run now?`}
              actions={
                explanation.verdict === "cached" ? (
                  <StateBadge state="cached" word="from the cache" />
                ) : (
                  <StateBadge state="queued" word="would run" />
                )
              }
              footnote={<ComparedWith project={project} explanation={explanation} />}
            >
              <p className="mb-3">{explanation.sentence}</p>
              <Differences explanation={explanation} />
            </Panel>
          ))}
        </>
      )}
    </Answer>
  );
}

/** Why a step of an execution ran, or which result stood in for it. */
export function StepWhy({
  project,
  execution,
  stage,
}: {
  project: string;
  execution: string;
  stage: string;
}) {
  const query = useQuery(stepWhyQuery(project, execution, stage));
  return (
    <Answer query={query} skeleton={<Skeleton height={120} />}>
      {(explanation) => (
        <div className="space-y-3">
          <Differences explanation={explanation} />
          <p className="text-xs text-faint">
            <ComparedWith project={project} explanation={explanation} />
          </p>
        </div>
      )}
    </Answer>
  );
}

function ComparedWith({ project, explanation }: { project: string; explanation: Explanation }) {
  const { lastStep, verdict, stage, differences } = explanation;
  if (lastStep === null) return <>There is no earlier result to compare with.</>;
  return (
    <>
      {verdict === "cached" ? "Took the result of " : "Compared with "}
      <TextLink
        to="/projects/$project/executions/$execution"
        params={{ project, execution: lastStep.execution }}
        search={{ at: stage }}
      >
        {verdict === "cached" ? "this execution" : "the nearest earlier run"}
      </TextLink>
      , <RelativeTime atMs={lastStep.atMs} />
      {verdict === "runs" && differences.length === 0 && ": every component is the same"}.
    </>
  );
}
