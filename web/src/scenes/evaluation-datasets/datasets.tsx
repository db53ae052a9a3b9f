import { useInfiniteQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { EmptyState, ErrorState, Skeleton } from "../../components/answers.tsx";
import { ColumnsMenu, DataTable, type Column } from "../../components/data-table.tsx";
import { Choice } from "../../components/field.tsx";
import { number } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { MoreRows } from "../../components/more-rows.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { SearchForm } from "../../components/search-form.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import { ApiProblem } from "../../data/client.ts";
import {
  evaluationDatasetsQuery,
  type EvaluationDataset,
  type Experiment,
} from "../../data/evaluation-datasets.ts";
import { Answer } from "../../shell/answer.tsx";
import { useView } from "../../shell/use-view.ts";
import { crumbs } from "../crumbs.tsx";
import { ownTags } from "./words.ts";

const hint = `import mlflow
from mlflow.genai.datasets import create_dataset

mlflow.set_tracking_uri("$GYRE_URL")
experiment = mlflow.set_experiment("PROJECT")
dataset = create_dataset(name="questions", experiment_id=experiment.experiment_id)
dataset.merge_records([
    {"inputs": {"question": "Where is my bag?"}, "expectations": {"answer": "In Oslo."}},
])`;

/** The questions by which applications are judged, set by set, the newest first. */
export function EvaluationDatasets() {
  const { project } = useParams({ from: "/projects/$project/evaluation-datasets" });
  const [{ filter, experiment }, change] = useView();
  const query = useInfiniteQuery(evaluationDatasetsQuery(project, { filter, experiment }));
  const [view, setView] = useTableView();
  const experiments = query.data?.pages[0]?.experiments;
  const columns = useMemo(() => datasetColumns(project, experiments ?? []), [project, experiments]);
  const refused = query.error instanceof ApiProblem && query.error.status === 400 ? query.error : undefined;
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Evaluation data"
        lead="What applications are judged by: questions, with what is expected of the answers."
      />
      <Panel
        title="Data sets"
        flush
        actions={
          <>
            {experiments && experiments.length > 1 && (
              <Choice
                label="Experiment"
                value={experiment ?? ""}
                onChange={(chosen) => change({ experiment: chosen === "" ? undefined : chosen })}
                options={[
                  { value: "", label: "all" },
                  ...experiments.map(({ id, name }) => ({ value: id, label: name })),
                ]}
              />
            )}
            <SearchForm
              label="Filter data sets"
              placeholder="name like '%bags%' and tags.team = 'care'"
              className="w-56 font-mono sm:w-96"
              current={filter}
              onSearch={(text) => change({ filter: text })}
            />
            <ColumnsMenu columns={columns} view={view} onView={setView} />
          </>
        }
      >
        {refused ? (
          <ErrorState title="The filter cannot be read" problem={refused} />
        ) : (
          <Answer query={query} part skeleton={<Skeleton lines={6} className="p-5" />}>
            {({ pages }) => (
              <>
                <DataTable
                  label="Evaluation data sets"
                  rows={pages.flatMap((page) => page.datasets)}
                  columns={columns}
                  rowKey={(dataset) => dataset.id}
                  view={view}
                  onView={setView}
                  empty={
                    filter || experiment ? (
                      <EmptyState icon="search" title="No data set fits" />
                    ) : (
                      <EmptyState
                        icon="questions"
                        title="No questions yet"
                        command={hint.replace("PROJECT", project)}
                      >
                        <p>
                          The mlflow client makes a set and fills it, from hand-written questions or from
                          traces.
                        </p>
                      </EmptyState>
                    )
                  }
                />
                <MoreRows query={query}>Show older data sets</MoreRows>
              </>
            )}
          </Answer>
        )}
      </Panel>
    </>
  );
}

function datasetColumns(project: string, experiments: readonly Experiment[]): Column<EvaluationDataset>[] {
  const nameOf = (id: string): string => experiments.find((one) => one.id === id)?.name ?? id;
  const namesOf = (dataset: EvaluationDataset) => dataset.experimentIds.map(nameOf).join(", ");
  const tagsOf = (dataset: EvaluationDataset) =>
    ownTags(dataset)
      .map(([key, value]) => `${key}: ${value}`)
      .join(" · ") || null;
  return [
    {
      id: "name",
      header: "Data set",
      value: (dataset) => dataset.name,
      cell: (dataset) => (
        <RowLink
          to="/projects/$project/evaluation-datasets/$dataset"
          params={{ project, dataset: dataset.id }}
        >
          {dataset.name}
        </RowLink>
      ),
    },
    {
      id: "records",
      header: "Records",
      align: "right",
      value: (dataset) => dataset.records,
      cell: (dataset) => number(dataset.records),
    },
    {
      id: "changed",
      header: "Changed",
      value: (dataset) => dataset.updatedAtMs,
      cell: (dataset) => <RelativeTime atMs={dataset.updatedAtMs} />,
    },
    { id: "by", header: "By", value: (dataset) => dataset.updatedBy ?? dataset.createdBy },
    {
      id: "experiments",
      header: "Experiments",
      value: namesOf,
      cell: (dataset) => <span title={namesOf(dataset)}>{namesOf(dataset)}</span>,
    },
    {
      id: "tags",
      header: "Tags",
      value: tagsOf,
      sortable: false,
      cell: (dataset) => <span title={tagsOf(dataset) ?? undefined}>{tagsOf(dataset) ?? "–"}</span>,
    },
    { id: "digest", header: "Digest", value: (dataset) => dataset.digest, hidden: true },
    { id: "id", header: "Id", value: (dataset) => dataset.id, hidden: true },
  ];
}
