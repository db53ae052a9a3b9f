import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { Button } from "../../components/button.tsx";
import { ColumnsMenu, DataTable, type Column } from "../../components/data-table.tsx";
import { alike, count } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { Badge, StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import { modelVersionsQuery, modelsQuery, type ModelVersion } from "../../data/models.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { useNameOf } from "../../shell/who.ts";

/** Every model with its versions and what was measured on each. */
export function Models() {
  const { project } = useParams({ from: "/projects/$project/models" });
  const query = useQuery(modelsQuery(project));
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Models"
        lead="A version is its files: every digest is kept, and everything it came from."
      />
      <Answer query={query} part>
        {({ models }) =>
          models.length === 0 ? (
            <EmptyState icon="model" title="No model version yet" command="gyre run">
              <p>A pipeline that ends well registers the model named in gyre.yaml.</p>
            </EmptyState>
          ) : (
            <div className="space-y-5">
              {models.map((each, index) => (
                <Versions
                  key={each.model}
                  project={project}
                  model={each.model}
                  versions={each.versions}
                  open={index < 2}
                />
              ))}
            </div>
          )
        }
      </Answer>
    </>
  );
}

/** The versions of one model; beyond the first models they are asked for only when wanted. */
function Versions({
  project,
  model,
  versions,
  open,
}: {
  project: string;
  model: string;
  versions: number;
  open: boolean;
}) {
  const nameOf = useNameOf();
  const [wanted, setWanted] = useState(open);
  const query = useQuery({ ...modelVersionsQuery(project, model), enabled: wanted });
  const [view, setView] = useTableView({ sort: "-created" });
  const rows = query.data?.versions ?? noVersions;
  const columns = useMemo(() => versionColumns(project, rows, nameOf), [project, rows, nameOf]);
  return (
    <Panel
      title={model}
      hint={count(versions, "version")}
      flush
      actions={
        wanted ? (
          <ColumnsMenu columns={columns} view={view} onView={setView} />
        ) : (
          <Button look="quiet" onClick={() => setWanted(true)}>
            Show versions
          </Button>
        )
      }
    >
      {wanted && (
        <Answer query={query} skeleton={<Skeleton lines={versions} className="p-5" />}>
          {() => (
            <DataTable
              label={`Versions of ${model}`}
              rows={rows}
              columns={columns}
              rowKey={(version) => version.id}
              view={view}
              onView={setView}
            />
          )}
        </Answer>
      )}
    </Panel>
  );
}

const noVersions: readonly ModelVersion[] = [];

function versionColumns(
  project: string,
  versions: readonly ModelVersion[],
  nameOf: (id: string) => string,
): Column<ModelVersion>[] {
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
    { id: "actor", header: "Who", value: (version) => nameOf(version.actor) },
    {
      id: "created",
      header: "Registered",
      value: (version) => version.createdAtMs,
      cell: (version) => <RelativeTime atMs={version.createdAtMs} />,
    },
  ];
}
