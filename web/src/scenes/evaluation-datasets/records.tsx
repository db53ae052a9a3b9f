import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { ColumnsMenu, DataTable, type Column } from "../../components/data-table.tsx";
import { count, number } from "../../components/format.ts";
import { RowLink, TextLink } from "../../components/link.tsx";
import { MoreRows } from "../../components/more-rows.tsx";
import { Panel } from "../../components/panel.tsx";
import { SearchForm } from "../../components/search-form.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import { recordsQuery, type RecordSummary } from "../../data/evaluation-datasets.ts";
import { Answer } from "../../shell/answer.tsx";
import { useView } from "../../shell/use-view.ts";
import { sourceWords } from "./words.ts";

/** The questions of a set in the order in which they came; the search looks into every part of them. */
export function Records({ project, dataset }: { project: string; dataset: string }) {
  const [{ find }, change] = useView();
  const query = useInfiniteQuery(recordsQuery(project, dataset, find));
  const [view, setView] = useTableView();
  const columns = useMemo(() => recordColumns(project, dataset), [project, dataset]);
  const total = query.data?.pages.at(-1)?.total;
  return (
    <Panel
      title="Records"
      hint={total !== undefined && (find ? `${number(total)} found` : count(total, "record"))}
      flush
      actions={
        <>
          <SearchForm
            label="Search records"
            maxLength={500}
            className="w-56"
            current={find}
            onSearch={(text) => change({ find: text })}
          />
          <ColumnsMenu columns={columns} view={view} onView={setView} />
        </>
      }
    >
      <Answer query={query} skeleton={<Skeleton lines={10} className="p-5" />}>
        {({ pages }) => (
          <>
            <DataTable
              label="Records"
              rows={pages.flatMap((page) => page.records)}
              columns={columns}
              rowKey={(record) => record.id}
              view={view}
              onView={setView}
              empty={
                find ? (
                  <EmptyState icon="search" title="No record says that">
                    <p>The search looks into inputs, outputs, expectations, tags and sources.</p>
                  </EmptyState>
                ) : (
                  <EmptyState
                    icon="questions"
                    title="No record yet"
                    command='dataset.merge_records([{"inputs": {"question": "…"}, "expectations": {"answer": "…"}}])'
                  />
                )
              }
            />
            <MoreRows query={query}>Show more records</MoreRows>
          </>
        )}
      </Answer>
    </Panel>
  );
}

/** So that what is asked, what is expected and the tags stand beside each other on a usual screen. */
const widths = {
  inputs: "max-w-56 sm:max-w-80 2xl:max-w-xl",
  expectations: "max-w-56 2xl:max-w-lg",
  tags: "max-w-44 2xl:max-w-xs",
  outputs: "max-w-56 2xl:max-w-lg",
};

/** In the order of the set: the pages that are not loaded could not be sorted with the others. */
function recordColumns(project: string, dataset: string): Column<RecordSummary>[] {
  const text = (
    id: "outputs" | "expectations" | "tags",
    header: string,
    hidden = false,
  ): Column<RecordSummary> => ({
    id,
    header,
    hidden,
    sortable: false,
    value: (record) => record[id],
    cell: (record) => (
      <span title={record[id] ?? undefined} className={`block truncate ${widths[id]}`}>
        {record[id] ?? "–"}
      </span>
    ),
  });
  return [
    {
      id: "inputs",
      header: "Inputs",
      sortable: false,
      value: (record) => record.inputs,
      cell: (record) => (
        <RowLink
          to="/projects/$project/evaluation-datasets/$dataset"
          params={{ project, dataset }}
          search={(before) => ({ ...before, at: record.id })}
          resetScroll={false}
          title={record.inputs}
          className={`block truncate ${widths.inputs}`}
        >
          {record.inputs || "no inputs"}
        </RowLink>
      ),
    },
    text("expectations", "Expected"),
    text("tags", "Tags"),
    {
      id: "source",
      header: "From",
      sortable: false,
      value: sourceWords,
      cell: (record) =>
        record.traceId === null ? (
          sourceWords(record)
        ) : (
          <TextLink to="/projects/$project/traces/$trace" params={{ project, trace: record.traceId }}>
            {sourceWords(record)}
          </TextLink>
        ),
    },
    {
      id: "changed",
      header: "Changed",
      sortable: false,
      value: (record) => record.updatedAtMs,
      cell: (record) => <RelativeTime atMs={record.updatedAtMs} />,
    },
    text("outputs", "Outputs", true),
    { id: "id", header: "Id", sortable: false, value: (record) => record.id, hidden: true },
  ];
}
