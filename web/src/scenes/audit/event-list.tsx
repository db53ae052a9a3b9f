import type { ReactNode } from "react";
import { RowLink } from "../../components/link.tsx";
import { Timeline } from "../../components/timeline.tsx";
import type { LedgerEvent } from "../../data/audit.ts";
import { sayEvent } from "./event-words.ts";
import { useNameOf } from "../../shell/who.ts";

/** Events of the ledger as sentences. */
export function EventList({ project, events }: { project: string; events: readonly LedgerEvent[] }) {
  const nameOf = useNameOf();
  if (events.length === 0) return <p className="text-soft">Nothing happened yet.</p>;
  return (
    <Timeline
      entries={events.map((event) => {
        const said = sayEvent(event, nameOf);
        return {
          id: event.seq,
          atMs: event.atMs,
          title: (
            <Subject project={project} event={event}>
              {said.text}
            </Subject>
          ),
          actor: event.actorName,
          ...(said.state ? { state: said.state } : {}),
        };
      })}
    />
  );
}

/** Links what an event is about, where it has a page. */
export function Subject({
  project,
  event,
  children,
}: {
  project: string;
  event: LedgerEvent;
  children: ReactNode;
}) {
  const noun = event.kind.split(".")[0];
  const { data, subject } = event;
  if (noun === "release" || noun === "rollout") {
    return (
      <RowLink to="/projects/$project/releases/$release" params={{ project, release: subject }}>
        {children}
      </RowLink>
    );
  }
  if (noun === "incident") {
    return (
      <RowLink to="/projects/$project/incidents/$incident" params={{ project, incident: subject }}>
        {children}
      </RowLink>
    );
  }
  if (noun === "execution" || (noun === "step" && typeof data["execution"] === "string")) {
    const execution = noun === "step" ? String(data["execution"]) : subject;
    return (
      <RowLink to="/projects/$project/executions/$execution" params={{ project, execution }}>
        {children}
      </RowLink>
    );
  }
  if (noun === "run") {
    return (
      <RowLink to="/projects/$project/runs/$run" params={{ project, run: subject }}>
        {children}
      </RowLink>
    );
  }
  if (
    noun === "dataset_version" &&
    typeof data["dataset"] === "string" &&
    typeof data["number"] === "number"
  ) {
    return (
      <RowLink
        to="/projects/$project/data/$dataset/$version"
        params={{ project, dataset: data["dataset"], version: String(data["number"]) }}
      >
        {children}
      </RowLink>
    );
  }
  if (noun === "model_version" && typeof data["model"] === "string" && typeof data["number"] === "number") {
    return (
      <RowLink
        to="/projects/$project/models/$model/$version"
        params={{ project, model: data["model"], version: String(data["number"]) }}
      >
        {children}
      </RowLink>
    );
  }
  if (noun === "outcomes" || noun === "drift") {
    return (
      <RowLink to="/projects/$project/monitoring" params={{ project }}>
        {children}
      </RowLink>
    );
  }
  if (noun === "deployment") {
    return (
      <RowLink to="/projects/$project/serving/$deployment" params={{ project, deployment: subject }}>
        {children}
      </RowLink>
    );
  }
  if (noun === "charter" || noun === "project") {
    return (
      <RowLink to="/projects/$project/charter" params={{ project }}>
        {children}
      </RowLink>
    );
  }
  return children;
}
