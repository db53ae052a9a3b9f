import { queryOptions } from "@tanstack/react-query";
import { query, request } from "./client.ts";

/** Where events are sent; `project` null: those of all projects. */
export interface Webhook {
  id: string;
  project: string | null;
  name: string;
  description: string;
  url: string;
  events: string[];
  isActive: boolean;
  hasSecret: boolean;
  createdAtMs: number;
  updatedAtMs: number;
  actor: string;
}

export interface ListedWebhook extends Webhook {
  lastDelivery: WebhookDelivery | null;
}

export interface WebhookDelivery {
  id: string;
  webhook: string;
  event: string;
  state: "pending" | "delivered" | "failed" | "dropped";
  attempts: number;
  /** Of the last answer. */
  status: number | null;
  error: string | null;
  createdAtMs: number;
  lastAttemptAtMs: number | null;
}

export interface WebhookDeliveryDetail extends WebhookDelivery {
  body: string;
  /** The beginning of the last answer. */
  answer: string | null;
}

export interface TestResult {
  success: boolean;
  status: number | null;
  body: string | null;
  error: string | null;
}

export interface WebhookOrder {
  name: string;
  description: string;
  url: string;
  events: string[];
  secret?: string;
}

const base = "/api/v1/webhooks";
/** How many of its deliveries a page shows. */
export const mostDeliveries = 200;

/** The webhooks of a project, or (`everywhere`) those that hear of all projects. */
export function webhooksQuery(project: string, everywhere = false) {
  return queryOptions({
    queryKey: [project, "webhooks", "list", { everywhere }],
    queryFn: ({ signal }) =>
      request<{ webhooks: ListedWebhook[] }>(base + query({ project: everywhere ? undefined : project }), {
        signal,
      }),
  });
}

/** The names of what a webhook can be told; they do not change while the server runs. */
export const webhookEventsQuery = queryOptions({
  queryKey: ["webhook-events"],
  queryFn: ({ signal }) => request<{ events: string[] }>(`${base}/events`, { signal }),
  staleTime: Infinity,
});

export function webhookQuery(project: string, id: string) {
  return queryOptions({
    queryKey: [project, "webhooks", id],
    queryFn: ({ signal }) => request<Webhook>(pathOf(id), { signal }),
  });
}

/**
 * Newest first. That one was taken is no event of the ledger: while one is under way the list is asked again,
 * soon at first and seldom for what the receiver keeps refusing.
 */
export function deliveriesQuery(project: string, id: string) {
  return queryOptions({
    queryKey: [project, "webhooks", id, "deliveries"],
    queryFn: ({ signal }) =>
      request<{ deliveries: WebhookDelivery[] }>(
        `${pathOf(id)}/deliveries${query({ limit: mostDeliveries })}`,
        { signal },
      ),
    refetchInterval: ({ state }) => {
      const pending = state.data?.deliveries.filter((one) => one.state === "pending") ?? [];
      if (pending.length === 0) return false;
      return pending.some((one) => one.attempts <= 2) ? 3_000 : 30_000;
    },
  });
}

export function deliveryQuery(project: string, id: string, delivery: string) {
  return queryOptions({
    queryKey: [project, "webhooks", id, "deliveries", delivery],
    queryFn: ({ signal }) =>
      request<WebhookDeliveryDetail>(`${pathOf(id)}/deliveries/${encodeURIComponent(delivery)}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.state === "pending" ? 3_000 : false),
  });
}

export function createWebhook(project: string | null, order: WebhookOrder) {
  return request<Webhook>(base, { method: "POST", body: { ...order, project } });
}

/** What is left out stays as it is. */
export function changeWebhook(id: string, change: Partial<WebhookOrder> & { isActive?: boolean }) {
  return request<Webhook>(pathOf(id), { method: "PATCH", body: change });
}

export function deleteWebhook(id: string) {
  return request<void>(pathOf(id), { method: "DELETE" });
}

export function testWebhook(id: string, event: string) {
  return request<TestResult>(`${pathOf(id)}/test`, { method: "POST", body: { event } });
}

export function retryDelivery(id: string, delivery: string) {
  return request<void>(`${pathOf(id)}/deliveries/${encodeURIComponent(delivery)}/retry`, {
    method: "POST",
    body: {},
  });
}

function pathOf(id: string): string {
  return `${base}/${encodeURIComponent(id)}`;
}
