import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { Button } from "../../components/button.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { number } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import { startStudy, studiesQuery, type Studies, type StudySummary } from "../../data/studies.ts";
import { Answer } from "../../shell/answer.tsx";
import { useOrder } from "../../shell/use-order.ts";
import { useRefusal } from "../../shell/who.ts";
import { crumbs } from "../crumbs.tsx";
import { hadOf, objectiveText } from "./study-words.ts";

/** The searches over parameters of a project, and those its charter declares. */
export function StudiesPage() {
  const { project } = useParams({ from: "/projects/$project/studies" });
  const query = useQuery(studiesQuery(project));
  const [view, setView] = useTableView({ sort: "-started" });
  const columns = useMemo(() => studyColumns(project), [project]);
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Studies"
        lead="A study searches over parameters of the pipeline: each trial is an execution with other values, tracked as a run."
      />
      <Answer query={query} part>
        {(answer) => (
          <div className="space-y-5">
            <Declared project={project} declared={answer.declared} />
            <Panel title="Started" flush>
              <DataTable
                label="Studies"
                rows={answer.studies}
                columns={columns}
                rowKey={(study) => study.id}
                view={view}
                onView={setView}
                empty={
                  <EmptyState icon="chart" title="No study yet" command="gyre study start">
                    <p>Declare one under studies: in gyre.yaml, or describe it on the command line.</p>
                  </EmptyState>
                }
              />
            </Panel>
          </div>
        )}
      </Answer>
    </>
  );
}

function Declared({ project, declared }: { project: string; declared: Studies["declared"] }) {
  const navigate = useNavigate();
  const refusal = useRefusal(project, "pipeline:run");
  const start = useOrder(async (name: string) => {
    const { id } = await startStudy(project, name);
    await navigate({ to: "/projects/$project/studies/$study", params: { project, study: id } });
  }, "The study was started.");
  if (declared.length === 0) return null;
  return (
    <Panel title="Declared" hint="under studies: in gyre.yaml">
      <ul className="divide-y divide-line">
        {declared.map(({ name, declaration }) => (
          <li key={name} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-2">
            <div className="min-w-0">
              <p className="font-medium">{name}</p>
              <p className="text-sm text-faint">
                {objectiveText(declaration)} over {Object.keys(declaration.space).join(", ")}
              </p>
            </div>
            <Button
              icon="play"
              refused={refusal}
              busy={start.isPending}
              aria-label={`Start ${name}`}
              onClick={() => start.mutate(name)}
            >
              Start
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function studyColumns(project: string): Column<StudySummary>[] {
  return [
    {
      id: "study",
      header: "Study",
      value: ({ name }) => name,
      cell: ({ id, name }) => (
        <RowLink to="/projects/$project/studies/$study" params={{ project, study: id }}>
          {name}
        </RowLink>
      ),
    },
    {
      id: "state",
      header: "State",
      value: ({ state }) => state,
      cell: ({ state }) => <StateText state={state} />,
    },
    { id: "objective", header: "Objective", value: ({ declaration }) => objectiveText(declaration) },
    { id: "sampler", header: "Sampler", value: ({ declaration }) => declaration.sampler },
    {
      id: "trials",
      header: "Trials",
      value: ({ counts }) => hadOf(counts),
      cell: ({ counts, wantedTrials }) => `${hadOf(counts)} of ${wantedTrials}`,
      align: "right",
    },
    {
      id: "best",
      header: "Best",
      value: ({ best }) => best[0]?.values?.[0] ?? null,
      cell: ({ best }) => (best[0]?.values ?? []).map((value) => number(value)).join(", "),
      align: "right",
    },
    {
      id: "started",
      header: "Started",
      value: ({ createdAtMs }) => createdAtMs,
      cell: ({ createdAtMs }) => <RelativeTime atMs={createdAtMs} />,
    },
  ];
}
