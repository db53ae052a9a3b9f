import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { Button } from "../../components/button.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Choice } from "../../components/field.tsx";
import { count } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import {
  deliveriesQuery,
  mostDeliveries,
  retryDelivery,
  type Webhook,
  type WebhookDelivery,
} from "../../data/webhooks.ts";
import { Answer } from "../../shell/answer.tsx";
import { useView } from "../../shell/use-view.ts";
import { useWebhookOrder } from "./use-webhook-order.ts";
import { useWebhookRefusal } from "./use-webhook-refusal.ts";

/** The last deliveries, newest first; those that failed can be sent again in their row. */
export function Deliveries({ project, webhook }: { project: string; webhook: Webhook }) {
  const query = useQuery(deliveriesQuery(project, webhook.id));
  const [{ state }, change] = useView();
  const [view, setView] = useTableView();
  const columns = useMemo(() => deliveryColumns(project, webhook), [project, webhook]);
  const isShown = (delivery: WebhookDelivery) => state === undefined || delivery.state === state;
  return (
    <Panel
      title="Deliveries"
      hint={query.data && hintOf(query.data.deliveries.length, query.data.deliveries.filter(isShown).length)}
      flush
      actions={
        <Choice
          label="State"
          value={state ?? ""}
          onChange={(chosen) => change({ state: chosen === "" ? undefined : chosen })}
          options={[
            { value: "", label: "all" },
            ...["pending", "delivered", "failed", "dropped"].map((each) => ({ value: each, label: each })),
          ]}
        />
      }
    >
      <Answer query={query} skeleton={<Skeleton lines={6} className="p-5" />}>
        {({ deliveries }) => (
          <DataTable
            label="Deliveries"
            rows={deliveries.filter(isShown)}
            columns={columns}
            rowKey={(delivery) => delivery.id}
            view={view}
            onView={setView}
            empty={
              deliveries.length > 0 ? (
                <EmptyState icon="search" title={`None of the last ones is ${state ?? "that"}`} />
              ) : (
                <EmptyState icon="webhook" title="Nothing was sent yet">
                  <p>What happened before it was made is not sent to it. A test shows whether it arrives.</p>
                </EmptyState>
              )
            }
          />
        )}
      </Answer>
    </Panel>
  );
}

function hintOf(amount: number, shown: number): string {
  const all = amount === mostDeliveries ? `the last ${amount}` : count(amount, "delivery", "deliveries");
  return shown === amount ? all : `${shown} of ${all}`;
}

function deliveryColumns(project: string, webhook: Webhook): Column<WebhookDelivery>[] {
  return [
    {
      id: "event",
      header: "Event",
      value: (delivery) => delivery.event,
      cell: (delivery) => (
        <RowLink
          to="/projects/$project/webhooks/$webhook"
          params={{ project, webhook: webhook.id }}
          search={(before) => ({ ...before, at: delivery.id })}
          resetScroll={false}
        >
          {delivery.event}
        </RowLink>
      ),
    },
    {
      id: "state",
      header: "State",
      value: (delivery) => delivery.state,
      cell: (delivery) => <StateText state={delivery.state} />,
    },
    {
      id: "response",
      header: "Response",
      value: (delivery) => delivery.status,
      cell: ({ status, error }) => (
        <span title={error ?? undefined}>{status ?? (error === null ? "–" : "no answer")}</span>
      ),
    },
    { id: "attempts", header: "Tries", align: "right", value: (delivery) => delivery.attempts },
    {
      id: "happened",
      header: "Happened",
      value: (delivery) => delivery.createdAtMs,
      cell: (delivery) => <RelativeTime atMs={delivery.createdAtMs} />,
    },
    {
      id: "tried",
      header: "Last tried",
      value: (delivery) => delivery.lastAttemptAtMs,
      cell: (delivery) => <RelativeTime atMs={delivery.lastAttemptAtMs} />,
    },
    {
      id: "retry",
      header: "Again",
      sortable: false,
      value: () => null,
      cell: (delivery) => <RetryButton project={project} webhook={webhook} delivery={delivery} />,
    },
  ];
}

/** Whether it waits for a person. */
export function mayRetry({ state }: WebhookDelivery): boolean {
  return state === "failed" || state === "dropped";
}

/** Nothing where the delivery is under way or done. */
export function RetryButton({ project, webhook, delivery }: RetryButtonProps) {
  const refusal = useWebhookRefusal(project, webhook);
  const retry = useWebhookOrder(
    project,
    () => retryDelivery(webhook.id, delivery.id),
    "The delivery is sent again, under its id.",
  );
  if (!mayRetry(delivery)) return null;
  const paused = webhook.isActive ? undefined : "The webhook is paused: resume it, then send this again.";
  return (
    <Button
      icon="feedback"
      refused={refusal ?? paused}
      busy={retry.isPending}
      aria-label={`Retry ${delivery.event}, ${delivery.id}`}
      onClick={() => retry.mutate(undefined)}
    >
      Retry
    </Button>
  );
}

export interface RetryButtonProps {
  project: string;
  webhook: Webhook;
  delivery: WebhookDelivery;
}
