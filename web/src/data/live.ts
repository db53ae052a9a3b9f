import type { QueryClient } from "@tanstack/react-query";
import { projectPath } from "./client.ts";

/** `slow`: the reader may not follow the ledger, so the pages are asked again now and then. */
export type LiveState = "connecting" | "live" | "slow" | "lost";

/**
 * Keeps the pages of a project fresh: one stream of ledger events per project, each kind of event
 * marks the questions it answers as stale. Events are gathered for a moment, so that a burst costs one
 * round of requests, and only questions on screen are asked again.
 */
export function follow(
  project: string,
  queries: QueryClient,
  onState: (state: LiveState) => void,
): () => void {
  const stream = new EventSource(`${projectPath(project, "events")}/stream`);
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wasLost = false;

  const flush = () => {
    timer = undefined;
    const nouns = new Set(waiting);
    waiting.clear();
    void queries.invalidateQueries({
      predicate: ({ queryKey }) => queryKey[0] === project && nouns.has(String(queryKey[1])),
    });
  };
  const onEvent = (message: MessageEvent<string>) => {
    const kind = kindOf(message);
    for (const noun of [...nounsOf(kind), "overview", "events"]) waiting.add(noun);
    timer ??= setTimeout(flush, gatherMs);
  };

  stream.addEventListener("message", onEvent);
  stream.addEventListener("event", onEvent);
  stream.addEventListener("open", () => {
    onState("live");
    if (wasLost) void queries.invalidateQueries();
    wasLost = false;
  });
  stream.addEventListener("error", () => {
    wasLost = true;
    onState("lost");
  });
  return () => {
    clearTimeout(timer);
    stream.close();
  };
}

const gatherMs = 400;

/** Which questions an event touches; the first word of its kind decides. */
export function nounsOf(kind: string): readonly string[] {
  const known = touched[kind.split(".")[0] ?? ""];
  return known ?? [];
}

const touched: Readonly<Record<string, readonly string[]>> = {
  project: [],
  charter: ["charter", "pipeline", "monitoring"],
  dataset_version: ["datasets"],
  run: ["runs"],
  run_view: ["run-views"],
  execution: ["executions", "pipeline", "runs", "queue", "compute", "backfills", "schedules"],
  step: ["executions", "pipeline", "queue", "compute"],
  approval: ["approvals", "executions"],
  study: ["studies"],
  trial: ["studies"],
  schedule: ["schedules"],
  trigger: ["triggers"],
  backfill: ["backfills"],
  verification: ["verifications"],
  model_version: ["models"],
  model_alias: ["models"],
  release: ["releases", "models", "deployments", "monitoring"],
  rollout: ["releases", "deployments"],
  candidate: ["releases"],
  deployment: ["deployments"],
  gateway: ["deployments"],
  outcomes: ["monitoring"],
  drift: ["monitoring"],
  window: ["monitoring"],
  monitor: ["monitoring"],
  incident: ["incidents", "monitoring"],
  evaluation_dataset: ["evaluation-datasets"],
  webhook: ["webhooks"],
  webhook_delivery: ["webhooks"],
};

function kindOf(message: MessageEvent<string>): string {
  try {
    const event: unknown = JSON.parse(message.data);
    return typeof event === "object" && event !== null && "kind" in event ? String(event.kind) : "";
  } catch {
    return "";
  }
}
