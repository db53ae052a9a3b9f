import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { Button } from "../../components/button.tsx";
import { RowLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { verificationsQuery, type VerificationSummary } from "../../data/verifications.ts";
import { Actor } from "../../shell/actor.tsx";
import { Answer } from "../../shell/answer.tsx";
import { useView } from "../../shell/use-view.ts";
import { useRefusal } from "../../shell/who.ts";
import { scopeWords } from "./automation-words.ts";
import { Progress } from "./progress.tsx";
import { VerificationForm } from "./verification-form.tsx";

/** Cached steps that were run again: each verification with what came of it, of all stages or of the chosen one. */
export function Verifications({ project }: { project: string }) {
  const [{ at: stage }, change] = useView();
  const query = useQuery(verificationsQuery(project, stage));
  const refusal = useRefusal(project, "pipeline:run");
  const navigate = useNavigate();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Panel
      title={stage === undefined ? "Verifications" : `Verifications of ${stage}`}
      hint="cached steps run again, aside, to find those that are not reproducible"
      flush
      actions={
        <>
          {stage !== undefined && (
            <Button look="quiet" onClick={() => change({ at: undefined })}>
              Show all
            </Button>
          )}
          <Button icon="plus" refused={refusal} onClick={() => setIsOpen(true)}>
            {stage === undefined ? "New verification" : "Verify it"}
          </Button>
        </>
      }
    >
      <Answer query={query} skeleton={<Skeleton height={180} />}>
        {({ verifications }) =>
          verifications.length === 0 ? (
            <EmptyState
              icon="check"
              title={stage === undefined ? "No verification yet" : `${stage} was not verified yet`}
              command={stage === undefined ? "gyre verify --sample 3" : `gyre verify ${stage} --alone`}
            >
              <p>
                A result that nobody can make again cannot be trusted from a cache. Run a sample of cached
                steps again and see which give other bytes.
              </p>
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line border-t border-line">
              {verifications.map((verification) => (
                <Row key={verification.id} project={project} verification={verification} />
              ))}
            </ul>
          )
        }
      </Answer>
      {isOpen && (
        <VerificationForm
          project={project}
          stages={stage === undefined ? [] : [stage]}
          onClose={() => setIsOpen(false)}
          onStarted={({ id }) =>
            void navigate({
              to: "/projects/$project/verifications/$verification",
              params: { project, verification: id },
            })
          }
        />
      )}
    </Panel>
  );
}

function Row({ project, verification }: { project: string; verification: VerificationSummary }) {
  const { id, targets, state, actor, createdAtMs, counts, stage } = verification;
  return (
    <li className="grid gap-x-6 gap-y-2 px-5 py-3 md:grid-cols-[minmax(0,2fr)_minmax(0,2fr)_auto] md:items-center">
      <div className="min-w-0">
        <RowLink
          to="/projects/$project/verifications/$verification"
          params={{ project, verification: id }}
          search={stage === null ? {} : { filter: stage.stage }}
          className="block truncate"
        >
          {scopeWords(targets, {})}
        </RowLink>
        <p className="truncate text-sm text-faint">
          by <Actor id={actor} /> <RelativeTime atMs={createdAtMs} />
        </p>
      </div>
      <Progress label={`Stages of ${id}`} counts={counts} />
      {stage === null ? (
        <StateBadge state={state} />
      ) : (
        <span className="inline-flex items-center gap-2 text-sm text-faint">
          {stage.stage}: <StateBadge state={stage.verdict ?? stage.state} />
        </span>
      )}
    </li>
  );
}
