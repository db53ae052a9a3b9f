import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { KeyValueList } from "../../components/key-values.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { changeWebhook, deleteWebhook, webhookQuery, type Webhook } from "../../data/webhooks.ts";
import { Actor } from "../../shell/actor.tsx";
import { Answer } from "../../shell/answer.tsx";
import { useView } from "../../shell/use-view.ts";
import { crumbs } from "../crumbs.tsx";
import { AskFirst } from "./ask-first.tsx";
import { Deliveries } from "./deliveries.tsx";
import { DeliveryDialog } from "./delivery.tsx";
import { newSecret, SecretDialog } from "./secret.tsx";
import { TestDialog } from "./test-dialog.tsx";
import { useWebhookOrder } from "./use-webhook-order.ts";
import { useWebhookRefusal } from "./use-webhook-refusal.ts";
import { WebhookForm } from "./webhook-form.tsx";

/** One webhook: where it sends what, how each delivery went, and everything that can be done with it. */
export function WebhookPage() {
  const { project, webhook: id } = useParams({ from: "/projects/$project/webhooks/$webhook" });
  const query = useQuery(webhookQuery(project, id));
  const [{ at }, change] = useView();
  return (
    <Answer query={query}>
      {(webhook) => (
        <>
          <Head project={project} webhook={webhook} />
          <div className="space-y-5">
            <Panel title="What it sends">
              <Facts webhook={webhook} />
            </Panel>
            <Deliveries project={project} webhook={webhook} />
          </div>
          {at !== undefined && (
            <DeliveryDialog
              key={at}
              project={project}
              webhook={webhook}
              delivery={at}
              onClose={() => change({ at: undefined })}
            />
          )}
        </>
      )}
    </Answer>
  );
}

type Asked = "edit" | "test" | "secret" | "delete";

function Head({ project, webhook }: { project: string; webhook: Webhook }) {
  const { id, name, isActive } = webhook;
  const refusal = useWebhookRefusal(project, webhook);
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Asked>();
  const [secret, setSecret] = useState<string>();
  const pause = useWebhookOrder(
    project,
    () => changeWebhook(id, { isActive: !isActive }),
    isActive ? "The webhook is paused." : "The webhook goes on.",
  );
  const rotate = useWebhookOrder(
    project,
    async () => {
      const made = newSecret();
      await changeWebhook(id, { secret: made });
      return made;
    },
    "The webhook has a new secret.",
  );
  const remove = useWebhookOrder(project, () => deleteWebhook(id), "The webhook is deleted.");
  const close = () => setAsked(undefined);
  return (
    <>
      <PageHeader
        crumbs={crumbs(project, "webhooks")}
        title={name}
        state={<StateBadge state={isActive ? "active" : "paused"} />}
        lead={webhook.description || undefined}
        actions={
          <>
            <Button look="primary" icon="play" refused={refusal} onClick={() => setAsked("test")}>
              Send a test
            </Button>
            <Button
              icon={isActive ? "pause" : "play"}
              refused={refusal}
              busy={pause.isPending}
              onClick={() => pause.mutate(undefined)}
            >
              {isActive ? "Pause" : "Resume"}
            </Button>
            <Button refused={refusal} onClick={() => setAsked("edit")}>
              Edit
            </Button>
            <Button icon="key" refused={refusal} busy={rotate.isPending} onClick={() => setAsked("secret")}>
              New secret
            </Button>
            <Button look="quiet" refused={refusal} busy={remove.isPending} onClick={() => setAsked("delete")}>
              Delete
            </Button>
          </>
        }
      />
      {asked === "edit" && <WebhookForm project={project} webhook={webhook} onClose={close} />}
      {asked === "test" && <TestDialog webhook={webhook} onClose={close} />}
      {asked === "secret" && (
        <AskFirst
          title={`Give ${name} a new secret?`}
          verb="Make a new secret"
          keep="Keep the old one"
          onClose={close}
          onYes={() => rotate.mutate(undefined, { onSuccess: setSecret })}
        >
          <p>
            From then on everything is signed with the new one, deliveries that are tried again too. The
            receiver refuses them until it knows it; what it refuses can be sent again from this page.
          </p>
        </AskFirst>
      )}
      {asked === "delete" && (
        <AskFirst
          title={`Delete ${name}?`}
          verb="Delete"
          keep="Keep it"
          look="danger"
          onClose={close}
          onYes={() =>
            remove.mutate(undefined, {
              onSuccess: () => void navigate({ to: "/projects/$project/webhooks", params: { project } }),
            })
          }
        >
          <p>Its deliveries go with it, those that wait too. To stop it for a while, pause it instead.</p>
        </AskFirst>
      )}
      {secret !== undefined && (
        <SecretDialog name={name} secret={secret} onClose={() => setSecret(undefined)} />
      )}
    </>
  );
}

function Facts({ webhook }: { webhook: Webhook }) {
  return (
    <KeyValueList
      items={[
        { name: "Address", value: <code className="font-mono text-xs break-all">{webhook.url}</code> },
        {
          name: "Told of",
          value: (
            <ul className="flex flex-wrap gap-x-4">
              {webhook.events.map((event) => (
                <li key={event} className="font-mono text-xs leading-5">
                  {event}
                </li>
              ))}
            </ul>
          ),
        },
        { name: "In", value: webhook.project ?? "all projects" },
        {
          name: "Signed",
          value: webhook.hasSecret ? "yes" : "no: the receiver cannot know who sent; give it a secret",
        },
        {
          name: "Made",
          value: (
            <>
              <RelativeTime atMs={webhook.createdAtMs} /> by <Actor id={webhook.actor} />
            </>
          ),
        },
      ]}
    />
  );
}
