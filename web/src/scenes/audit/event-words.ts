import { count, duration, plain, share } from "../../components/format.ts";
import type { LedgerEvent } from "../../data/audit.ts";

/** An event of the ledger as a sentence, and its meaning where it has one. */
export function sayEvent(
  event: Pick<LedgerEvent, "kind" | "data" | "subject">,
  nameOf: (id: string) => string = (id) => id,
): {
  text: string;
  state?: string;
} {
  const { data } = event;
  const text = (name: string) => plain(data[name]);
  const version = `${text("model")} v${text("number")}`;
  const dataset = `${text("dataset")} v${text("number")}`;
  const rows = typeof data["rows"] === "number" ? `, ${count(data["rows"], "row")}` : "";
  switch (event.kind) {
    case "project.created":
      return { text: "Project begun", state: "done" };
    case "charter.applied":
      return { text: `Charter version ${text("version")} applied`, state: "done" };
    case "dataset_version.created":
      return {
        text: `Data: ${dataset} arrived${rows}`,
        state: data["state"] === "quarantined" ? "quarantined" : "done",
      };
    case "dataset_version.quarantined":
      return { text: `Data: ${dataset} breaks its contract and is kept apart`, state: "quarantined" };
    case "run.started":
      return { text: `Run ${text("name")} started`, state: "running" };
    case "run.finished":
      return { text: `Run ${text("status")}`, state: text("status") };
    case "execution.started":
      return { text: `Pipeline started${reason(data)}`, state: "running" };
    case "execution.finished":
      return {
        text: `Pipeline ${text("state")}${data["failedStage"] ? ` at ${text("failedStage")}` : ""}`,
        state: text("state"),
      };
    case "study.started":
      return { text: `Study ${text("name")} started: ${text("wantedTrials")} trials`, state: "running" };
    case "study.resumed":
      return { text: `Study ${text("name")} goes on`, state: "running" };
    case "study.finished":
      return { text: `Study ${text("name")} ${text("state")}: ${text("reason")}`, state: text("state") };
    case "trial.finished":
      return { text: `Trial ${text("number")} ${text("state")}`, state: text("state") };
    case "step.finished":
      return {
        text: `Stage ${text("stage")} ${text("state")}${typeof data["durationMs"] === "number" ? ` in ${duration(data["durationMs"])}` : ""}`,
        state: text("state"),
      };
    case "model_version.registered":
      return { text: `Model version ${version} registered`, state: "done" };
    case "model_version.rejected":
      return { text: `Model version ${version} rejected: ${text("reason")}`, state: "rejected" };
    case "model_alias.set":
      return { text: `Alias ${text("alias")} points to version ${text("number")}` };
    case "release.requested":
      return { text: `Release of ${version} asked for`, state: "judging" };
    case "release.judged":
      return { text: `Gates judged: ${text("verdict")}`, state: text("verdict") };
    case "release.refused":
      return { text: "Release refused by its gates", state: "refused" };
    case "release.approved":
      return { text: `Release approved by ${nameOf(text("by"))}`, state: "approved" };
    case "release.declined":
      return { text: "Release declined", state: "rejected" };
    case "rollout.step_started":
      return {
        text: `Rollout: ${text("step")}${typeof data["share"] === "number" ? ` ${share(data["share"])}` : ""}`,
        state: "rolling_out",
      };
    case "release.live":
      return { text: "Release live for all traffic", state: "live" };
    case "release.rolled_back":
      return { text: `Release rolled back: ${text("reason")}`, state: "rolled_back" };
    case "deployment.updated":
      return { text: "Deployment changed" };
    case "candidate.measured":
      return { text: "Candidate measured on the holdout and under load", state: "done" };
    case "gateway.started":
      return { text: "Gateway started", state: "done" };
    case "gateway.lost":
      return { text: `Gateway lost: ${text("reason")}`, state: "failed" };
    case "outcomes.recorded":
      return {
        text: `${count(typeof data["count"] === "number" ? data["count"] : null, "outcome")} recorded`,
      };
    case "incident.opened":
      return { text: `Incident: ${text("title")}`, state: "open" };
    case "incident.resolved":
      return { text: "Incident resolved", state: "resolved" };
    case "incident.updated":
      return { text: "Incident: more was found" };
    case "drift.noticed":
      return { text: `Drift: ${text("direction")} ${text("cell")} in ${text("feature")}`, state: "drift" };
    default:
      return { text: sentence(event.kind) };
  }
}

function sentence(kind: string): string {
  const words = kind.replaceAll(/[._]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function reason(data: Record<string, unknown>): string {
  const purpose = data["purpose"];
  if (typeof purpose !== "object" || purpose === null || !("reason" in purpose)) return "";
  return `: ${String(purpose.reason)}`;
}
