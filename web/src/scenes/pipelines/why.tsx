import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "../../components/answers.tsx";
import { TextLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { whyQuery, type Explanation } from "../../data/executions.ts";
import { Answer } from "../../shell/answer.tsx";

/** Would this stage run now, or be taken from the cache; and what differs from the last time. */
export function Why({ project, stage }: { project: string; stage: string }) {
  const query = useQuery(whyQuery(project, stage));
  return (
    <Answer query={query} skeleton={<Skeleton height={120} />}>
      {({ explanations }) => (
        <>
          {explanations.map((explanation) => (
            <OneStage key={explanation.stage} project={project} explanation={explanation} />
          ))}
        </>
      )}
    </Answer>
  );
}

function OneStage({ project, explanation }: { project: string; explanation: Explanation }) {
  const { stage, verdict, sentence, differences, lastStep } = explanation;
  const look =
    verdict === "cached"
      ? { state: "cached", word: "from the cache" }
      : { state: "queued", word: "would run" };
  return (
    <Panel
      title={`Would ${stage} run now?`}
      actions={<StateBadge {...look} />}
      footnote={
        lastStep && (
          <>
            compared with{" "}
            <TextLink
              to="/projects/$project/executions/$execution"
              params={{ project, execution: lastStep.execution }}
              search={{ at: stage }}
            >
              the last time
            </TextLink>
            , <RelativeTime atMs={lastStep.atMs} />
          </>
        )
      }
    >
      <p>{sentence}</p>
      {differences.length > 0 && (
        <ul className="mt-3 space-y-2 text-sm">
          {differences.map((difference) => (
            <li key={`${difference.part} ${difference.name}`} className="flex flex-wrap gap-x-3">
              <span className="text-faint">{difference.part}</span>
              <span className="font-mono text-xs leading-6">{difference.name}</span>
              <span className="font-mono text-xs leading-6 break-all text-soft">
                {short(difference.before)} → {short(difference.now)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Digests by their first digits; everything else as it is. */
function short(value: string | null): string {
  if (value === null) return "none";
  return /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value;
}
