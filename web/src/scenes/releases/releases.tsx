import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Icon } from "../../components/icons.tsx";
import { RowLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { lookOf, toneClasses } from "../../components/states.ts";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import { releasesQuery, type Release } from "../../data/releases.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { useNameOf } from "../../shell/who.ts";

/** Every release asked for, with how its gates judged. */
export function Releases() {
  const { project } = useParams({ from: "/projects/$project/releases" });
  const query = useQuery(releasesQuery(project));
  const nameOf = useNameOf();
  const [view, setView] = useTableView({ sort: "-requested" });
  const columns = useMemo(() => releaseColumns(project, nameOf), [project, nameOf]);
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Releases"
        lead="Judged by the gates of the charter, approved by someone else, rolled out in steps."
      />
      <Answer query={query} part>
        {({ releases }) => (
          <Panel flush>
            <DataTable
              label="Releases"
              rows={releases}
              columns={columns}
              rowKey={(release) => release.id}
              view={view}
              onView={setView}
              empty={
                <EmptyState
                  icon="release"
                  title="Nothing was released yet"
                  command="gyre release MODEL@VERSION --to production"
                >
                  <p>The baseline of the charter can be the first release, before any training.</p>
                </EmptyState>
              }
            />
          </Panel>
        )}
      </Answer>
    </>
  );
}

function releaseColumns(project: string, nameOf: (id: string) => string): Column<Release>[] {
  return [
    {
      id: "version",
      header: "Release",
      value: (release) => `${release.model} v${release.number}`,
      cell: (release) => (
        <RowLink to="/projects/$project/releases/$release" params={{ project, release: release.id }}>
          {release.model} v{release.number}
        </RowLink>
      ),
    },
    { id: "environment", header: "To", value: (release) => release.environment },
    {
      id: "state",
      header: "State",
      value: (release) => release.state,
      cell: (release) => <StateText state={release.state} />,
    },
    {
      id: "gates",
      header: "Gates",
      value: (release) => passed(release),
      cell: (release) => <GateMarks release={release} />,
    },
    {
      id: "approvals",
      header: "Approved by",
      value: (release) => release.approvals.map((approval) => nameOf(approval.by)).join(", ") || null,
    },
    { id: "by", header: "Asked by", value: (release) => nameOf(release.requestedBy) },
    {
      id: "requested",
      header: "Asked",
      value: (release) => release.requestedAtMs,
      cell: (release) => <RelativeTime atMs={release.requestedAtMs} />,
    },
  ];
}

function passed(release: Release): number {
  return release.gates.filter((gate) => gate.verdict === "passed").length;
}

function GateMarks({ release }: { release: Release }) {
  if (release.gates.length === 0) return "–";
  return (
    <span className="inline-flex items-center gap-1">
      {release.gates.map((gate) => {
        const look = lookOf(gate.verdict === "inconclusive" ? "insufficient" : gate.verdict);
        return (
          <Icon
            key={gate.gate.id}
            name={look.icon}
            size={14}
            strokeWidth={2}
            label={`${gate.gate.metric}: ${gate.verdict}`}
            className={toneClasses[look.tone].ink}
          />
        );
      })}
      <span className="tabular ml-1 text-faint">
        {passed(release)} of {release.gates.length}
      </span>
    </span>
  );
}
