import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { Button, IconButton } from "../../components/button.tsx";
import { CellGrid } from "../../components/cell-grid.tsx";
import { count } from "../../components/format.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { toast } from "../../components/toasts.ts";
import { backfillQuery, cancelBackfill, startBackfill, type Backfill } from "../../data/backfills.ts";
import { Actor } from "../../shell/actor.tsx";
import { Answer } from "../../shell/answer.tsx";
import { useOrder } from "../../shell/use-order.ts";
import { useView } from "../../shell/use-view.ts";
import { useRefusal } from "../../shell/who.ts";
import { crumbs } from "../crumbs.tsx";
import { scopeWords } from "./automation-words.ts";
import { PartitionTable } from "./partition-table.tsx";
import { Progress } from "./progress.tsx";
import { StateFilter } from "./state-filter.tsx";

/** One backfill: every partition and how it stands, what failed first, and the failed ones once more. */
export function BackfillPage() {
  const { project, backfill: id } = useParams({ from: "/projects/$project/backfills/$backfill" });
  const query = useQuery(backfillQuery(project, id));
  return <Answer query={query}>{(backfill) => <Loaded project={project} backfill={backfill} />}</Answer>;
}

function Loaded({ project, backfill }: { project: string; backfill: Backfill }) {
  const [view, change] = useView();
  const navigate = useNavigate();
  const refusal = useRefusal(project, "pipeline:run");
  const { partitions, counts } = backfill;
  const failed = useMemo(
    () => partitions.filter((each) => each.state === "failed" || each.state === "cancelled"),
    [partitions],
  );
  const shown = useMemo(
    () => partitions.filter((each) => view.state === undefined || each.state === view.state),
    [partitions, view.state],
  );
  const cancel = useOrder(() => cancelBackfill(project, backfill.id), "The backfill is being cancelled.");
  const again = useOrder(
    () =>
      startBackfill(project, {
        parameter: backfill.parameter,
        partitions: failed.map((each) => each.value),
        targets: backfill.targets,
        parameters: backfill.parameters,
        concurrency: backfill.concurrency,
      }),
    "The failed partitions have begun once more.",
  );
  const isOpen = backfill.state === "running";
  const open = (execution: string | null, why: string | null) => {
    if (execution !== null)
      return void navigate({
        to: "/projects/$project/executions/$execution",
        params: { project, execution },
      });
    toast("bad", why ?? "It has not begun yet, so there is no execution to show.");
  };
  return (
    <>
      <PageHeader
        crumbs={crumbs(project, "pipeline")}
        title={`Backfill over ${backfill.parameter}`}
        state={<StateBadge state={backfill.state} />}
        meta={
          <>
            <span>
              {scopeWords(backfill.targets, backfill.parameters)}, {backfill.concurrency} at once
            </span>
            <span>
              by <Actor id={backfill.actor} /> <RelativeTime atMs={backfill.createdAtMs} />
            </span>
            <code className="font-mono text-xs">{backfill.id}</code>
          </>
        }
        actions={
          <>
            {failed.length > 0 && !isOpen && (
              <Button
                look="primary"
                icon="feedback"
                refused={refusal}
                busy={again.isPending}
                onClick={() =>
                  again.mutate(undefined, {
                    onSuccess: ({ id }) =>
                      void navigate({
                        to: "/projects/$project/backfills/$backfill",
                        params: { project, backfill: id },
                      }),
                  })
                }
              >
                Retry {count(failed.length, "partition")}
              </Button>
            )}
            {isOpen && (
              <Button
                icon="stop"
                refused={refusal}
                busy={cancel.isPending}
                onClick={() => cancel.mutate(undefined)}
              >
                Cancel
              </Button>
            )}
          </>
        }
      />
      <Panel
        title="Partitions"
        hint={count(partitions.length, "value")}
        flush
        actions={
          <IconButton
            icon={view.tab === "table" ? "columns" : "table"}
            label={view.tab === "table" ? "Show as grid" : "Show as table"}
            onClick={() => change({ tab: view.tab === "table" ? undefined : "table" })}
          />
        }
      >
        <div className="space-y-3 border-b border-line px-5 pb-3">
          <Progress label="Partitions" counts={counts} hasWords={false} />
          <StateFilter
            counts={Object.entries(counts)}
            state={view.state}
            onState={(state) => change({ state })}
          />
        </div>
        {shown.length === 0 ? (
          <EmptyState icon="search" title="No partition is in that state" />
        ) : view.tab === "table" ? (
          <PartitionTable project={project} partitions={shown} />
        ) : (
          <CellGrid
            label="Partitions"
            cells={shown.map((each) => ({
              id: String(each.position),
              label: each.value,
              state: each.state,
              detail: each.failure ?? undefined,
            }))}
            onOpen={(position) => {
              const found = shown.find((each) => String(each.position) === position);
              if (found) open(found.execution, found.failure);
            }}
          />
        )}
      </Panel>
    </>
  );
}
