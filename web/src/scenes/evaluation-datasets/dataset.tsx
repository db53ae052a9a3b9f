import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Skeleton } from "../../components/answers.tsx";
import { Digest } from "../../components/code-block.tsx";
import { number } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { RowLink, TextLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import {
  evaluationDatasetQuery,
  runsOfDatasetFilter,
  runsOfDatasetQuery,
  type EvaluationDatasetDetail,
} from "../../data/evaluation-datasets.ts";
import { Answer } from "../../shell/answer.tsx";
import { useView } from "../../shell/use-view.ts";
import { crumbs } from "../crumbs.tsx";
import { RecordDialog } from "./record.tsx";
import { Records } from "./records.tsx";
import { ownTags } from "./words.ts";

/** One set: its records, what it belongs to, and the runs that were judged by it. */
export function EvaluationDatasetPage() {
  const { project, dataset: id } = useParams({ from: "/projects/$project/evaluation-datasets/$dataset" });
  const query = useQuery(evaluationDatasetQuery(project, id));
  const [{ at }, change] = useView();
  return (
    <Answer query={query}>
      {(dataset) => (
        <>
          <PageHeader
            crumbs={crumbs(project, "evaluation-datasets")}
            title={dataset.name}
            meta={
              <>
                <span>
                  changed <RelativeTime atMs={dataset.updatedAtMs} />
                  {dataset.updatedBy !== null && ` by ${dataset.updatedBy}`}
                </span>
                <Digest value={dataset.digest} />
              </>
            }
          />
          <div className="space-y-5">
            <Records project={project} dataset={dataset.id} />
            <div className="grid items-start gap-5 lg:grid-cols-2">
              <Panel title="About it">
                <Facts dataset={dataset} />
              </Panel>
              <RunsOf project={project} name={dataset.name} />
            </div>
          </div>
          {at !== undefined && (
            <RecordDialog
              key={at}
              project={project}
              dataset={dataset.id}
              record={at}
              onClose={() => change({ at: undefined })}
            />
          )}
        </>
      )}
    </Answer>
  );
}

function Facts({ dataset }: { dataset: EvaluationDatasetDetail }) {
  const tags = ownTags(dataset);
  return (
    <KeyValueList
      items={[
        { name: "Records", value: number(dataset.records) },
        {
          name: "Experiments",
          value: (
            <ul>
              {dataset.experiments.map((experiment) => (
                <li key={experiment.id}>{experiment.name}</li>
              ))}
            </ul>
          ),
        },
        {
          name: "Made",
          value: (
            <>
              <RelativeTime atMs={dataset.createdAtMs} />
              {dataset.createdBy !== null && ` by ${dataset.createdBy}`}
            </>
          ),
        },
        { name: "Id", value: <Digest value={dataset.id} /> },
        ...tags.map(([name, value]) => ({ name, value })),
      ]}
    />
  );
}

/** The newest runs whose inputs name the set: MLflow's evaluation notes it there. */
function RunsOf({ project, name }: { project: string; name: string }) {
  const query = useQuery(runsOfDatasetQuery(project, name));
  const filter = runsOfDatasetFilter(name);
  return (
    <Panel
      title="Runs that used it"
      actions={
        query.data &&
        query.data.runs.length > 0 && (
          <TextLink to="/projects/$project/runs" params={{ project }} search={{ filter }} className="text-sm">
            all {number(query.data.total)}
          </TextLink>
        )
      }
    >
      <Answer query={query} skeleton={<Skeleton lines={3} />}>
        {({ runs }) =>
          runs.length === 0 ? (
            <p className="text-sm text-soft">
              None yet. A run is listed here when its inputs name this set, as an evaluation notes them.
            </p>
          ) : (
            <ul className="divide-y divide-line">
              {runs.map((run) => (
                <li key={run.id} className="flex items-center justify-between gap-3 py-2 text-sm first:pt-0">
                  <RowLink
                    to="/projects/$project/runs/$run"
                    params={{ project, run: run.id }}
                    className="min-w-0 truncate"
                  >
                    {run.name || run.id}
                  </RowLink>
                  <span className="flex shrink-0 items-center gap-3 text-faint">
                    <StateText state={run.status} />
                    <RelativeTime atMs={run.startedAtMs} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Panel>
  );
}
