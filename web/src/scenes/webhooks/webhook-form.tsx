import { useEffect, useRef, useState } from "react";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Choice, Field } from "../../components/field.tsx";
import { changeWebhook, createWebhook, type Webhook } from "../../data/webhooks.ts";
import { toProblem } from "../../shell/answer.tsx";
import { useMayEverywhere } from "../../shell/who.ts";
import { EventChoice } from "./event-choice.tsx";
import { newSecret } from "./secret.tsx";
import { useWebhookOrder } from "./use-webhook-order.ts";

/** Makes or changes a webhook. What the server refuses stands at its field. */
export function WebhookForm({ project, webhook, onClose, onMade }: WebhookFormProps) {
  const [name, setName] = useState(webhook?.name ?? "");
  const [url, setUrl] = useState(webhook?.url ?? "https://");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [events, setEvents] = useState<readonly string[]>(webhook?.events ?? []);
  const [isSigned, setIsSigned] = useState(true);
  const [scope, setScope] = useState("project");
  const mayEverywhere = useMayEverywhere("webhook:manage");

  const order = useWebhookOrder(
    project,
    async () => {
      const said = {
        name: name.trim(),
        url: url.trim(),
        description: description.trim(),
        events: [...events],
      };
      if (webhook) return { webhook: await changeWebhook(webhook.id, said), secret: undefined };
      const secret = isSigned ? newSecret() : undefined;
      const made = await createWebhook(scope === "all" ? null : project, {
        ...said,
        ...(secret === undefined ? {} : { secret }),
      });
      return { webhook: made, secret };
    },
    webhook ? "The webhook is changed." : "The webhook is made.",
  );
  const refused = order.error ? toProblem(order.error) : undefined;
  const isUrlRefused = refused?.code === "webhook_url_refused";
  const address = useRef<HTMLInputElement>(null);
  // The form is longer than its window: what is wrong must come into sight.
  useEffect(() => {
    if (isUrlRefused) address.current?.focus();
  }, [isUrlRefused, refused]);
  const isReady = name.trim() !== "" && url.trim().length > "https://".length && events.length > 0;
  return (
    <Dialog
      open
      onClose={onClose}
      title={webhook ? `Webhook ${webhook.name}` : "New webhook"}
      actions={
        <Button
          look="primary"
          disabled={!isReady}
          busy={order.isPending}
          onClick={() => {
            if (!isReady) return;
            order.mutate(undefined, {
              onSuccess: (answer) => {
                onClose();
                onMade?.(answer);
              },
            });
          }}
        >
          {webhook ? "Save" : "Make it"}
        </Button>
      }
    >
      <div className="space-y-4">
        <Field
          label="Name"
          hint="Letters, digits, dots, underscores and hyphens."
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          ref={address}
          label="Address"
          type="url"
          hint="Over https, to a public host; others only where the operator of the server names them."
          problem={isUrlRefused ? refused.message : undefined}
          className="[&_input]:font-mono [&_input]:text-sm"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
        <Field
          label="What it is for"
          maxLength={1_000}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
        {!webhook && mayEverywhere && (
          <Choice
            label="Hears of"
            value={scope}
            onChange={setScope}
            options={[
              { value: "project", label: `the project ${project}` },
              { value: "all", label: "all projects" },
            ]}
          />
        )}
        <EventChoice chosen={events} onChange={setEvents} />
        {!webhook && (
          <label className="flex min-h-6 items-start gap-2 text-sm">
            <input
              type="checkbox"
              checked={isSigned}
              onChange={(event) => setIsSigned(event.target.checked)}
              className="mt-0.5 size-4 shrink-0 accent-(--accent-fill)"
            />
            <span>
              Sign what is sent
              <span className="block text-xs text-faint">
                A secret is made here and shown once; the receiver knows by it who sent.
              </span>
            </span>
          </label>
        )}
        {refused && !isUrlRefused && (
          <p role="alert" className="text-sm text-bad">
            {refused.message}
          </p>
        )}
      </div>
    </Dialog>
  );
}

export interface WebhookFormProps {
  project: string;
  /** The one that is changed; without it a new one is made. */
  webhook?: Webhook | undefined;
  onClose: () => void;
  onMade?: (answer: { webhook: Webhook; secret: string | undefined }) => void;
}
