import { useQuery } from "@tanstack/react-query";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { RowLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { Badge } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import { aliasHistoryQuery, type AliasChange } from "../../data/models.ts";
import { Actor } from "../../shell/actor.tsx";
import { Answer } from "../../shell/answer.tsx";

/** What each alias of a model pointed at, since when, and who said so. */
export function AliasHistory({ project, model }: { project: string; model: string }) {
  const query = useQuery(aliasHistoryQuery(project, model));
  const [view, setView] = useTableView({ sort: "-at" });
  const columns: Column<AliasChange>[] = [
    {
      id: "alias",
      header: "Alias",
      value: (change) => change.alias,
      cell: (change) => <Badge tone="accent">{change.alias}</Badge>,
    },
    {
      id: "version",
      header: "Version",
      value: (change) => change.number,
      cell: (change) => (
        <span>
          {change.change === "removed" && <span className="text-faint">taken from </span>}
          <RowLink
            to="/projects/$project/models/$model/$version"
            params={{ project, model, version: String(change.number) }}
          >
            {model} v{change.number}
          </RowLink>
        </span>
      ),
    },
    {
      id: "at",
      header: "When",
      value: (change) => change.atMs,
      cell: (change) => <RelativeTime atMs={change.atMs} />,
    },
    {
      id: "who",
      header: "Who",
      value: (change) => change.actor,
      cell: (change) => <Actor id={change.actor} />,
    },
  ];
  return (
    <Panel title="Alias history" hint={`of all versions of ${model}`} flush>
      <Answer query={query} skeleton={<Skeleton lines={4} className="p-5" />}>
        {({ changes }) => (
          <DataTable
            label="Alias history"
            rows={changes}
            columns={columns}
            rowKey={(change) => `${change.alias} ${change.atMs} ${change.number} ${change.change}`}
            view={view}
            onView={setView}
            empty={<EmptyState icon="labels" title="No alias was ever set" />}
          />
        )}
      </Answer>
    </Panel>
  );
}
