import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useNow } from "../../clock.ts";
import { Button } from "../../components/button.tsx";
import { SearchField } from "../../components/field.tsx";
import { count, duration } from "../../components/format.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { Notice, Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { cancelVerification, verificationQuery, type Verification } from "../../data/verifications.ts";
import { Actor } from "../../shell/actor.tsx";
import { Answer } from "../../shell/answer.tsx";
import { useOrder } from "../../shell/use-order.ts";
import { useView } from "../../shell/use-view.ts";
import { useRefusal } from "../../shell/who.ts";
import { crumbs } from "../crumbs.tsx";
import { scopeWords } from "./automation-words.ts";
import { DifferingOuts } from "./differing-outs.tsx";
import { Progress } from "./progress.tsx";
import { StateFilter } from "./state-filter.tsx";
import { VerificationForm } from "./verification-form.tsx";
import { outcomeOf } from "./verification-words.ts";
import { stateOf, VerifiedStages } from "./verified-stages.tsx";

/** One verification, followed while it runs: its stages with their verdicts, and the outs that differ. */
export function VerificationPage() {
  const { project, verification: id } = useParams({
    from: "/projects/$project/verifications/$verification",
  });
  const query = useQuery(verificationQuery(project, id));
  return (
    <Answer query={query}>
      {(verification) => <Loaded key={verification.id} project={project} verification={verification} />}
    </Answer>
  );
}

function Loaded({ project, verification }: { project: string; verification: Verification }) {
  const [view, change] = useView();
  const { stages } = verification;
  const counts = useMemo(
    () =>
      Object.fromEntries([...Map.groupBy(stages, stateOf)].map(([state, those]) => [state, those.length])),
    [stages],
  );
  const needle = (view.filter ?? "").trim().toLowerCase();
  const shown = useMemo(
    () =>
      stages.filter(
        (stage) =>
          (view.state === undefined || stateOf(stage) === view.state) &&
          stage.stage.toLowerCase().includes(needle),
      ),
    [stages, view.state, needle],
  );
  const outcome = outcomeOf(verification);
  return (
    <>
      <Head project={project} verification={verification} />
      <div className="space-y-5">
        <Notice tone={outcome.tone} title={outcome.title}>
          {outcome.more}
        </Notice>
        {stages.some(({ differing }) => differing.length > 0) && (
          <Panel
            title="Outs that differ"
            hint="the same inputs gave other bytes than those that are kept"
            flush
            footnote="Look for what no input decides: a seed that is not set, the time of day, the order of files or of threads."
          >
            <DifferingOuts project={project} stages={stages} />
          </Panel>
        )}
        <Panel title="Stages" hint={count(stages.length, "stage")} flush>
          <div className="space-y-3 border-b border-line px-5 pb-3">
            <Progress label="Stages" counts={counts} hasWords={false} />
            <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
              <StateFilter
                label="Stages by verdict"
                counts={Object.entries(counts)}
                state={view.state}
                onState={(state) => change({ state })}
              />
              <SearchField
                label="Find a stage"
                className="max-w-56"
                value={view.filter ?? ""}
                onChange={(event) => change({ filter: event.target.value || undefined })}
              />
            </div>
          </div>
          <VerifiedStages project={project} stages={shown} />
        </Panel>
      </div>
    </>
  );
}

function Head({ project, verification }: { project: string; verification: Verification }) {
  const { id, state, targets, actor, createdAtMs, endedAtMs } = verification;
  const navigate = useNavigate();
  const refusal = useRefusal(project, "pipeline:run");
  const [isOpen, setIsOpen] = useState(false);
  const isRunning = state === "running";
  const now = useNow();
  const cancel = useOrder(() => cancelVerification(project, id), "The verification is cancelled.");
  return (
    <PageHeader
      crumbs={crumbs(project, "pipeline")}
      title="Verification"
      state={<StateBadge state={state} />}
      meta={
        <>
          <span>of {scopeWords(targets, {})}</span>
          <span>
            by <Actor id={actor} /> <RelativeTime atMs={createdAtMs} />
          </span>
          <span>
            {isRunning ? "for" : "took"} {duration((endedAtMs ?? now) - createdAtMs)}
          </span>
          <code className="font-mono text-xs">{id}</code>
        </>
      }
      actions={
        <>
          {isRunning ? (
            <Button
              icon="stop"
              refused={refusal}
              busy={cancel.isPending}
              onClick={() => cancel.mutate(undefined)}
            >
              Cancel
            </Button>
          ) : (
            <Button icon="feedback" refused={refusal} onClick={() => setIsOpen(true)}>
              Verify again
            </Button>
          )}
          {isOpen && (
            <VerificationForm
              project={project}
              stages={targets}
              onClose={() => setIsOpen(false)}
              onStarted={(begun) => {
                setIsOpen(false);
                void navigate({
                  to: "/projects/$project/verifications/$verification",
                  params: { project, verification: begun.id },
                });
              }}
            />
          )}
        </>
      }
    />
  );
}
