import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { bytes, count, number } from "../../components/format.ts";
import { RowLink, TextLink } from "../../components/link.tsx";
import { Meter } from "../../components/meter.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import type { Queue, QueuedStep } from "../../data/compute.ts";
import { resourceWords } from "../pipelines/step-panel.tsx";

/** The machine of this server: what steps take of it, and who is next. */
export function QueuePanels({ project, queue }: { project: string; queue: Queue }) {
  const { capacity, free, others, executions } = queue;
  return (
    <>
      <Panel title="This machine" hint="shared by all projects of the server">
        <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2 lg:grid-cols-3">
          <Meter label="CPU" used={capacity.cpu - free.cpu} total={capacity.cpu} format={number} />
          <Meter
            label="Memory"
            used={capacity.memoryBytes - free.memoryBytes}
            total={capacity.memoryBytes}
            format={bytes}
          />
          {capacity.gpu > 0 ? (
            <Meter label="GPU" used={capacity.gpu - free.gpu} total={capacity.gpu} format={number} />
          ) : (
            <p className="text-sm text-faint">
              GPU
              <br />
              this machine has none
            </p>
          )}
        </div>
        {others.running + others.waiting > 0 && (
          <p className="mt-4 text-sm text-soft">
            Other projects: {count(others.running, "step runs", "steps run")},{" "}
            {count(others.waiting, "step waits", "steps wait")}.
          </p>
        )}
      </Panel>
      <Panel title="Waiting" hint={count(queue.waiting.length, "step")} flush>
        <Waiting project={project} queue={queue} />
      </Panel>
      {executions.length > 0 && (
        <Panel title="Executions of which nothing runs" flush>
          <ul className="divide-y divide-line border-t border-line">
            {executions.map((execution) => (
              <li key={execution.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-5 py-2.5">
                <TextLink
                  to="/projects/$project/executions/$execution"
                  params={{ project, execution: execution.id }}
                >
                  <code className="font-mono text-xs">{execution.id}</code>
                </TextLink>
                <StateText state={execution.state} />
                <span className="min-w-0 text-soft">{execution.reason}</span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <Panel title="Running" hint={count(queue.running.length, "step")} flush>
        <Running project={project} steps={queue.running} />
      </Panel>
    </>
  );
}

type Waiter = Queue["waiting"][number];

function Waiting({ project, queue }: { project: string; queue: Queue }) {
  const [view, setView] = useTableView({ sort: "position" });
  const columns = useMemo<Column<Waiter>[]>(() => {
    // The reason stands right behind the name: on a narrow screen it is what must be in sight.
    const [named, ...rest] = stepColumns<Waiter>(project);
    return [
      {
        id: "position",
        header: "Place",
        value: (step) => step.position,
        cell: (step) => number(step.position),
      },
      ...(named ? [named] : []),
      {
        id: "reason",
        header: "Waits because",
        value: (step) => step.reason,
        cell: (step) => <span title={step.reason}>{step.reason}</span>,
        wrap: true,
      },
      ...rest,
    ];
  }, [project]);
  return (
    <DataTable
      label="Waiting steps"
      rows={queue.waiting}
      columns={columns}
      rowKey={(step) => step.step}
      view={view}
      onView={setView}
      maximumHeight={420}
      empty={
        <EmptyState icon="clock" title="No step waits for a place">
          <p>A step that cannot run yet because another must end first is not in this queue.</p>
        </EmptyState>
      }
    />
  );
}

type Runner = Queue["running"][number];

function Running({ project, steps }: { project: string; steps: readonly Runner[] }) {
  const hasGpus = steps.some(({ devices }) => devices.length > 0);
  const columns = useMemo<Column<Runner>[]>(() => {
    const gpus = {
      id: "gpus",
      header: "GPUs",
      sortable: false,
      value: (step: Runner) => step.devices.join(", "),
    };
    return [...stepColumns<Runner>(project), ...(hasGpus ? [gpus] : [])];
  }, [project, hasGpus]);
  return (
    <DataTable
      label="Running steps"
      rows={steps}
      columns={columns}
      rowKey={(step) => step.step}
      view={{}}
      onView={() => {}}
      maximumHeight={420}
      empty={<EmptyState icon="play" title="No step of this project runs here" />}
    />
  );
}

function stepColumns<Row extends QueuedStep>(project: string): Column<Row>[] {
  return [
    {
      id: "stage",
      header: "Step",
      value: (step) => step.stage,
      sortable: false,
      cell: (step) => (
        <RowLink
          to="/projects/$project/executions/$execution"
          params={{ project, execution: step.execution }}
          search={{ at: step.stage }}
        >
          {step.stage}
        </RowLink>
      ),
    },
    {
      id: "needs",
      header: "Needs",
      sortable: false,
      value: (step) => step.resources.cpu,
      cell: (step) => resourceWords(step.resources),
    },
    {
      id: "priority",
      header: "Priority",
      align: "right",
      sortable: false,
      value: (step) => step.priority,
      cell: (step) => number(step.priority),
    },
  ];
}
