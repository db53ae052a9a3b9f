import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { Digest } from "../../components/code-block.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { bytes, number } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import { datasetsQuery, type DatasetVersion } from "../../data/datasets.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";

interface Row {
  dataset: string;
  versions: number;
  newest: DatasetVersion;
}

/** The data sets of a project, each with its newest version. */
export function Datasets() {
  const { project } = useParams({ from: "/projects/$project/data" });
  const query = useQuery(datasetsQuery(project));
  const [view, setView] = useTableView({ sort: "dataset" });
  const columns = useMemo(() => datasetColumns(project), [project]);
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Data"
        lead="Every version is kept by its content. One that breaks its contract is kept apart, and nothing trains on it."
      />
      <Answer query={query} part>
        {({ datasets }) => (
          <Panel flush>
            <DataTable
              label="Data sets"
              rows={datasets}
              columns={columns}
              rowKey={(row) => row.dataset}
              view={view}
              onView={setView}
              empty={
                <EmptyState icon="data" title="No data yet" command="gyre apply">
                  <p>
                    Name a source under data: in gyre.yaml and apply it; the first version is read, checked
                    and profiled.
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

function datasetColumns(project: string): Column<Row>[] {
  return [
    {
      id: "dataset",
      header: "Data set",
      value: (row) => row.dataset,
      cell: (row) => (
        <RowLink
          to="/projects/$project/data/$dataset/$version"
          params={{ project, dataset: row.dataset, version: String(row.newest.number) }}
        >
          {row.dataset}
        </RowLink>
      ),
    },
    {
      id: "number",
      header: "Newest",
      value: (row) => row.newest.number,
      cell: (row) => `v${row.newest.number}`,
    },
    {
      id: "state",
      header: "State",
      value: (row) => row.newest.state,
      cell: (row) => <DatasetState version={row.newest} />,
    },
    {
      id: "rows",
      header: "Rows",
      value: (row) => row.newest.rows,
      cell: (row) => number(row.newest.rows),
      align: "right",
    },
    { id: "columns", header: "Columns", value: (row) => row.newest.columns.length, align: "right" },
    {
      id: "size",
      header: "Size",
      value: (row) => row.newest.sizeBytes,
      cell: (row) => bytes(row.newest.sizeBytes),
      align: "right",
    },
    { id: "source", header: "Source", value: (row) => row.newest.source },
    {
      id: "digest",
      header: "Digest",
      value: (row) => row.newest.digest,
      cell: (row) => <Digest value={row.newest.digest} />,
      sortable: false,
    },
    {
      id: "created",
      header: "Arrived",
      value: (row) => row.newest.createdAtMs,
      cell: (row) => <RelativeTime atMs={row.newest.createdAtMs} />,
    },
  ];
}

export function DatasetState({ version }: { version: Pick<DatasetVersion, "state"> }) {
  return <StateText state={version.state} />;
}
