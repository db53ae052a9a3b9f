import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Skeleton } from "../../components/answers.tsx";
import { duration } from "../../components/format.ts";
import { TextLink } from "../../components/link.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { executionsQuery } from "../../data/executions.ts";
import { Answer } from "../../shell/answer.tsx";

/** The last executions that a schedule or trigger began; asked for when they are opened. */
export function ScheduledRuns({ project, source }: { project: string; source: string }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details onToggle={(event) => setIsOpen(event.currentTarget.open)} className="mt-2 text-sm">
      <summary className="w-fit rounded-md py-1 text-soft hover:text-ink">Last executions</summary>
      {isOpen && <Runs project={project} source={source} />}
    </details>
  );
}

function Runs({ project, source }: { project: string; source: string }) {
  const query = useQuery(executionsQuery(project));
  return (
    <Answer query={query} skeleton={<Skeleton lines={3} />}>
      {({ executions }) => {
        const found = executions.filter((execution) => execution.purpose.source === source).slice(0, 10);
        if (found.length === 0)
          return <p className="py-1 text-faint">None among the last hundred executions.</p>;
        return (
          <ul className="mt-1 space-y-1">
            {found.map((execution) => (
              <li key={execution.id} className="flex flex-wrap items-center gap-x-4">
                <TextLink
                  to="/projects/$project/executions/$execution"
                  params={{ project, execution: execution.id }}
                >
                  {execution.purpose.reason}
                </TextLink>
                <StateText state={execution.state} />
                <span className="text-faint">
                  <RelativeTime atMs={execution.startedAtMs ?? execution.createdAtMs} />
                  {execution.startedAtMs !== null && execution.endedAtMs !== null && (
                    <>, took {duration(execution.endedAtMs - execution.startedAtMs)}</>
                  )}
                </span>
              </li>
            ))}
          </ul>
        );
      }}
    </Answer>
  );
}
