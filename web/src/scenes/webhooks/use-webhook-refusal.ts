import type { Webhook } from "../../data/webhooks.ts";
import { useMayEverywhere, useRefusal } from "../../shell/who.ts";

/** Why the reader may not manage this webhook: one of all projects asks for the permission everywhere. */
export function useWebhookRefusal(project: string, webhook: Webhook): string | undefined {
  const inProject = useRefusal(project, "webhook:manage");
  const mayEverywhere = useMayEverywhere("webhook:manage");
  if (webhook.project !== null) return inProject;
  return mayEverywhere
    ? undefined
    : "You may not manage webhooks of all projects. Ask an owner of everything.";
}
