import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { Button } from "../../components/button.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { count } from "../../components/format.ts";
import { RowLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { useTableView } from "../../components/table-view.ts";
import { RelativeTime } from "../../components/time.tsx";
import { webhooksQuery, type ListedWebhook, type Webhook } from "../../data/webhooks.ts";
import { Answer } from "../../shell/answer.tsx";
import { useMayEverywhere, useRefusal } from "../../shell/who.ts";
import { crumbs } from "../crumbs.tsx";
import { SecretDialog } from "./secret.tsx";
import { WebhookForm } from "./webhook-form.tsx";

/** Which other systems are told of what happens in the project, and how the last telling went. */
export function Webhooks() {
  const { project } = useParams({ from: "/projects/$project/webhooks" });
  const query = useQuery(webhooksQuery(project));
  const mayEverywhere = useMayEverywhere("webhook:manage");
  const everywhere = useQuery({ ...webhooksQuery(project, true), enabled: mayEverywhere });
  const refusal = useRefusal(project, "webhook:manage");
  const navigate = useNavigate();
  const [isNew, setIsNew] = useState(false);
  const [made, setMade] = useState<{ webhook: Webhook; secret: string }>();
  const [view, setView] = useTableView();
  const columns = useMemo(() => webhookColumns(project), [project]);
  const show = (webhook: string) =>
    void navigate({ to: "/projects/$project/webhooks/$webhook", params: { project, webhook } });
  const others = everywhere.data?.webhooks ?? [];
  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Webhooks"
        lead="Other systems are told what happens here: each message signed, and tried again for half an hour until it is taken."
        actions={
          <Button look="primary" icon="plus" refused={refusal} onClick={() => setIsNew(true)}>
            New webhook
          </Button>
        }
      />
      <div className="space-y-5">
        <Panel title={`Of ${project}`} flush>
          <Answer query={query} skeleton={<Skeleton lines={4} className="p-5" />}>
            {({ webhooks }) => (
              <DataTable
                label={`Webhooks of ${project}`}
                rows={webhooks}
                columns={columns}
                rowKey={(webhook) => webhook.id}
                view={view}
                onView={setView}
                empty={
                  <EmptyState icon="webhook" title="Nobody is told yet">
                    <p>
                      A webhook sends releases, incidents, finished runs and changes of models to a chat, a
                      build server, or any address of yours.
                    </p>
                  </EmptyState>
                }
              />
            )}
          </Answer>
        </Panel>
        {others.length > 0 && (
          <Panel title="Of all projects" hint="they hear of this one too" flush>
            <DataTable
              label="Webhooks of all projects"
              rows={others}
              columns={columns}
              rowKey={(webhook) => webhook.id}
              view={view}
              onView={setView}
            />
          </Panel>
        )}
      </div>
      {isNew && (
        <WebhookForm
          project={project}
          onClose={() => setIsNew(false)}
          onMade={({ webhook, secret }) =>
            secret === undefined ? show(webhook.id) : setMade({ webhook, secret })
          }
        />
      )}
      {made && (
        <SecretDialog
          name={made.webhook.name}
          secret={made.secret}
          onClose={() => {
            setMade(undefined);
            show(made.webhook.id);
          }}
        />
      )}
    </>
  );
}

function webhookColumns(project: string): Column<ListedWebhook>[] {
  return [
    {
      id: "name",
      header: "Webhook",
      value: (webhook) => webhook.name,
      cell: (webhook) => (
        <RowLink to="/projects/$project/webhooks/$webhook" params={{ project, webhook: webhook.id }}>
          {webhook.name}
        </RowLink>
      ),
    },
    {
      id: "state",
      header: "State",
      value: (webhook) => (webhook.isActive ? "active" : "paused"),
      cell: (webhook) => <StateText state={webhook.isActive ? "active" : "paused"} />,
    },
    {
      id: "last",
      header: "Last delivery",
      value: (webhook) => webhook.lastDelivery?.createdAtMs ?? null,
      cell: ({ lastDelivery: last }) =>
        last === null ? (
          <span className="text-faint">none yet</span>
        ) : (
          <span className="inline-flex items-center gap-2 align-middle">
            <StateText state={last.state} />
            <span className="text-faint">
              <RelativeTime atMs={last.createdAtMs} />
            </span>
          </span>
        ),
    },
    {
      id: "host",
      header: "To",
      value: (webhook) => hostOf(webhook.url),
      cell: (webhook) => <span title={webhook.url}>{hostOf(webhook.url)}</span>,
    },
    {
      id: "events",
      header: "Told of",
      value: (webhook) => webhook.events.length,
      cell: ({ events }) => (
        <span title={events.join(", ")}>
          {events.length === 1 ? events[0] : count(events.length, "event")}
        </span>
      ),
    },
    {
      id: "signed",
      header: "Signed",
      value: (webhook) => (webhook.hasSecret ? "yes" : "no"),
      cell: (webhook) => (webhook.hasSecret ? "yes" : <span className="text-warn">no</span>),
    },
  ];
}

/** The rest of an address often holds a secret. */
function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}
