import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { duration } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import { incidentsQuery, type Incident } from "../../data/incidents.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";

/** What went wrong in production, one incident a cause. */
export function Incidents() {
  const { project } = useParams({ from: "/projects/$project/incidents" });
  const query = useQuery(incidentsQuery(project));
  const [view, setView] = useTableView({ sort: "-opened" });
  const columns = useMemo(() => incidentColumns(project), [project]);
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Incidents"
        lead="One for each cause; further alarms of the same cause join its timeline."
      />
      <Answer query={query} part>
        {({ incidents }) => (
          <Panel flush>
            <DataTable
              label="Incidents"
              rows={incidents}
              columns={columns}
              rowKey={(incident) => incident.id}
              view={view}
              onView={setView}
              empty={
                <EmptyState icon="check" title="No incident so far">
                  <p>
                    An alarm must be sure before it opens one: the charter says how rare a false alarm has to
                    be.
                  </p>
                </EmptyState>
              }
            />
          </Panel>
        )}
      </Answer>
    </>
  );
}

function incidentColumns(project: string): Column<Incident>[] {
  return [
    {
      id: "title",
      header: "Incident",
      value: (incident) => incident.title,
      cell: (incident) => (
        <RowLink to="/projects/$project/incidents/$incident" params={{ project, incident: incident.id }}>
          {incident.title}
        </RowLink>
      ),
    },
    {
      id: "state",
      header: "State",
      value: (incident) => incident.state,
      cell: (incident) => <StateText state={incident.state} />,
    },
    { id: "kind", header: "Kind", value: (incident) => incident.kind },
    { id: "cause", header: "Likely cause", value: (incident) => incident.cause.sentence, sortable: false },
    {
      id: "opened",
      header: "Opened",
      value: (incident) => incident.openedAtMs,
      cell: (incident) => <RelativeTime atMs={incident.openedAtMs} />,
    },
    {
      id: "lasted",
      header: "Lasted",
      align: "right",
      value: (incident) => (incident.resolvedAtMs === null ? null : incident.resolvedAtMs - incident.onsetMs),
      cell: (incident) =>
        duration(incident.resolvedAtMs === null ? null : incident.resolvedAtMs - incident.onsetMs),
    },
  ];
}
