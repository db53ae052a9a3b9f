import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { ColumnsMenu, DataTable, type Column } from "../../components/data-table.tsx";
import { alike } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { Badge, StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import { modelsQuery, type ModelVersion } from "../../data/models.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";

/** Every version of every model, with what was measured on it. */
export function Models() {
  const { project } = useParams({ from: "/projects/$project/models" });
  const query = useQuery(modelsQuery(project));
  const [view, setView] = useTableView({ sort: "-created" });
  const versions = useMemo(() => query.data?.models.flatMap((model) => model.versions) ?? [], [query.data]);
  const columns = useMemo(() => versionColumns(project, versions), [project, versions]);
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Models"
        lead="A version is its files: every digest is kept, and everything it came from."
      />
      <Answer query={query} part>
        {() => (
          <Panel
            title="Versions"
            flush
            actions={<ColumnsMenu columns={columns} view={view} onView={setView} />}
          >
            <DataTable
              label="Model versions"
              rows={versions}
              columns={columns}
              rowKey={(version) => version.id}
              view={view}
              onView={setView}
              empty={
                <EmptyState icon="model" title="No model version yet" command="gyre run">
                  <p>A pipeline that ends well registers the model named in gyre.yaml.</p>
                </EmptyState>
              }
            />
          </Panel>
        )}
      </Answer>
    </>
  );
}

function versionColumns(project: string, versions: readonly ModelVersion[]): Column<ModelVersion>[] {
  const metrics = [...new Set(versions.flatMap((version) => Object.keys(version.metrics)))];
  return [
    {
      id: "version",
      header: "Version",
      value: (version) => `${version.model} v${version.number}`,
      cell: (version) => (
        <RowLink
          to="/projects/$project/models/$model/$version"
          params={{ project, model: version.model, version: String(version.number) }}
        >
          {version.model} v{version.number}
        </RowLink>
      ),
    },
    {
      id: "state",
      header: "State",
      value: (version) => version.state,
      cell: (version) => <StateText state={version.state} />,
    },
    {
      id: "aliases",
      header: "Aliases",
      value: (version) => version.aliases.join(" ") || null,
      cell: (version) => (
        <span className="inline-flex gap-1">
          {version.aliases.length === 0
            ? "–"
            : version.aliases.map((alias) => (
                <Badge key={alias} tone="accent">
                  {alias}
                </Badge>
              ))}
        </span>
      ),
    },
    { id: "kind", header: "Kind", value: (version) => version.kind },
    ...metrics.map((key, index): Column<ModelVersion> => {
      const write = alike(versions.map((version) => version.metrics[key]));
      return {
        id: `m.${key}`,
        header: key,
        align: "right",
        hidden: index >= 4,
        value: (version) => version.metrics[key] ?? null,
        cell: (version) => write(version.metrics[key]),
      };
    }),
    { id: "actor", header: "Who", value: (version) => version.actor },
    {
      id: "created",
      header: "Registered",
      value: (version) => version.createdAtMs,
      cell: (version) => <RelativeTime atMs={version.createdAtMs} />,
    },
  ];
}
