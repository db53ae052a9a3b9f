import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field.tsx";
import { TextLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import {
  answerApproval,
  executionApprovalsQuery,
  openApprovalsQuery,
  type Approval,
} from "../../data/approvals.ts";
import { Actor } from "../../shell/actor.tsx";
import { Answer } from "../../shell/answer.tsx";
import { useOrder } from "../../shell/use-order.ts";
import { useRefusal } from "../../shell/who.ts";

/** Everything in the project that waits for a person's word. */
export function OpenApprovals({ project }: { project: string }) {
  const query = useQuery(openApprovalsQuery(project));
  return (
    <Answer query={query} skeleton={<Skeleton height={180} />}>
      {({ approvals }) =>
        approvals.length === 0 ? (
          <Panel>
            <EmptyState icon="user" title="Nothing waits for a person">
              <p>
                A stage of dvc.yaml asks before it runs with the line meta: {"{"}gyre: {"{"}approve: the
                question{"}}"}.
              </p>
            </EmptyState>
          </Panel>
        ) : (
          <div className="space-y-5">
            {approvals.map((approval) => (
              <Question key={approval.step} project={project} approval={approval} isLinked />
            ))}
          </div>
        )
      }
    </Answer>
  );
}

/** The questions of one execution: those that wait with a form, the others with their answer. */
export function ExecutionApprovals({ project, execution }: { project: string; execution: string }) {
  const query = useQuery(executionApprovalsQuery(project, execution));
  const approvals = query.data?.approvals ?? [];
  return (
    <>
      {approvals.map((approval) => (
        <Question key={approval.step} project={project} approval={approval} />
      ))}
    </>
  );
}

function Question({
  project,
  approval,
  isLinked = false,
}: {
  project: string;
  approval: Approval;
  isLinked?: boolean;
}) {
  const [note, setNote] = useState("");
  const refusal = useRefusal(project, "release:approve");
  const order = useOrder(
    (answer: "approve" | "decline") =>
      answerApproval(project, {
        execution: approval.execution,
        stage: approval.stage,
        answer,
        note: note.trim(),
      }),
    "Your answer is recorded.",
  );
  const isOpen = approval.answer === null;
  const refusedToDecline = refusal ?? (note.trim() === "" ? "Say in a sentence why you decline." : undefined);
  return (
    <Panel
      title={approval.question}
      actions={
        <StateBadge
          state={approval.answer ?? "needs_approval"}
          {...(approval.answer === "declined" ? { word: "declined" } : {})}
        />
      }
      footnote={
        <>
          asked by the step <code className="font-mono">{approval.stage}</code>{" "}
          <RelativeTime atMs={approval.askedAtMs} />
          {isLinked && (
            <>
              {" in "}
              <TextLink
                to="/projects/$project/executions/$execution"
                params={{ project, execution: approval.execution }}
                search={{ at: approval.stage }}
              >
                this execution
              </TextLink>
            </>
          )}
          . Whoever has release:approve in {project} may answer.
        </>
      }
    >
      {isOpen ? (
        <>
          <TextField
            label="Reason"
            hint="Kept with the answer; to decline one is needed."
            rows={2}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
          <div className="mt-3 flex flex-wrap gap-2">
            <Button
              look="primary"
              icon="check"
              refused={refusal}
              busy={order.isPending}
              onClick={() => order.mutate("approve")}
            >
              Approve
            </Button>
            <Button
              icon="cross"
              refused={refusedToDecline}
              busy={order.isPending}
              onClick={() => order.mutate("decline")}
            >
              Decline
            </Button>
          </div>
        </>
      ) : (
        <p>
          <Actor id={approval.actor ?? ""} /> {approval.answer} it{" "}
          <RelativeTime atMs={approval.answeredAtMs} />
          {approval.note ? `: ${approval.note}` : "."}
        </p>
      )}
    </Panel>
  );
}
