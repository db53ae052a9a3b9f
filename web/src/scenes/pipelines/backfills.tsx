import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { Button } from "../../components/button.tsx";
import { RowLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { backfillsQuery, type Backfill } from "../../data/backfills.ts";
import { Actor } from "../../shell/actor.tsx";
import { Answer } from "../../shell/answer.tsx";
import { useRefusal } from "../../shell/who.ts";
import { scopeWords } from "./automation-words.ts";
import { BackfillForm } from "./backfill-form.tsx";
import { Progress } from "./progress.tsx";

/** The pipeline over many values of one parameter: each backfill with how far it has come. */
export function Backfills({ project }: { project: string }) {
  const query = useQuery(backfillsQuery(project));
  const refusal = useRefusal(project, "pipeline:run");
  const navigate = useNavigate();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Panel
      title="Backfills"
      hint="the pipeline for each of many values of one parameter"
      flush
      actions={
        <Button icon="plus" refused={refusal} onClick={() => setIsOpen(true)}>
          New backfill
        </Button>
      }
    >
      <Answer query={query} skeleton={<Skeleton height={180} />}>
        {({ backfills }) =>
          backfills.length === 0 ? (
            <EmptyState icon="columns" title="No backfill yet">
              <p>Run the pipeline for each day of the last month, or for each of a list of values.</p>
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line border-t border-line">
              {backfills.map((backfill) => (
                <Row key={backfill.id} project={project} backfill={backfill} />
              ))}
            </ul>
          )
        }
      </Answer>
      {isOpen && (
        <BackfillForm
          project={project}
          onClose={() => setIsOpen(false)}
          onStarted={({ id }) =>
            void navigate({
              to: "/projects/$project/backfills/$backfill",
              params: { project, backfill: id },
            })
          }
        />
      )}
    </Panel>
  );
}

function Row({ project, backfill }: { project: string; backfill: Backfill }) {
  return (
    <li className="grid gap-x-6 gap-y-2 px-5 py-3 md:grid-cols-[minmax(0,2fr)_minmax(0,2fr)_auto] md:items-center">
      <div className="min-w-0">
        <RowLink to="/projects/$project/backfills/$backfill" params={{ project, backfill: backfill.id }}>
          over {backfill.parameter}
        </RowLink>
        <p className="truncate text-sm text-faint">
          {scopeWords(backfill.targets, backfill.parameters)}, by <Actor id={backfill.actor} />{" "}
          <RelativeTime atMs={backfill.createdAtMs} />
        </p>
      </div>
      <Progress label={`Partitions over ${backfill.parameter}`} counts={backfill.counts} />
      <StateBadge state={backfill.state} />
    </li>
  );
}
