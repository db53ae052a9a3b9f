import type { Inspection } from "../performer.ts";
import type { Condition, Job, Pod, Workload } from "./objects.ts";

/** What a job, its pods and its place in line at Kueue say together, in one sentence. */
export function inspectionOf(job: Job, pods: readonly Pod[], workloads: readonly Workload[]): Inspection {
  const pod = pods.find(({ metadata }) => metadata.deletionTimestamp === undefined) ?? pods.at(-1);
  const failed = find(job.status.conditions, "Failed");
  const complete = find(job.status.conditions, "Complete");
  if (
    failed !== undefined ||
    complete !== undefined ||
    pod?.status.phase === "Failed" ||
    pod?.status.phase === "Succeeded"
  )
    return { phase: "ended", reason: whyEnded(failed, pod), wasTakenAway: wasTakenAway(pod) };
  if (job.spec.suspend === true && pod === undefined)
    return { phase: "waiting", reason: whyQueued(workloads) };
  if (pod === undefined) return { phase: "waiting", reason: "It waits in Kubernetes for its pod." };
  if (pod.status.phase === "Running") return { phase: "running", reason: "Kubernetes has started it." };
  return { phase: "waiting", reason: whyPending(pod) };
}

function find(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type && condition.status === "True");
}

/** Preemption, eviction, a node that is drained or gone: the API server marks the pod for all of them. */
function wasTakenAway(pod: Pod | undefined): boolean {
  return pod !== undefined && find(pod.status.conditions, "DisruptionTarget") !== undefined;
}

function whyEnded(failed: Condition | undefined, pod: Pod | undefined): string {
  const disrupted = pod === undefined ? undefined : find(pod.status.conditions, "DisruptionTarget");
  if (disrupted !== undefined)
    return sentence(disrupted.message ?? disrupted.reason ?? "its pod was evicted");
  const ended = pod?.status.containerStatuses[0]?.state.terminated;
  if (ended?.reason === "OOMKilled")
    return "it was killed, because it used more memory than it had asked for.";
  if (ended !== undefined)
    return sentence(
      `its container ended with exit code ${ended.exitCode}${ended.reason === undefined ? "" : ` (${ended.reason})`}`,
    );
  return sentence(pod?.status.message ?? failed?.message ?? "Kubernetes says that it ended, and not why");
}

function whyQueued(workloads: readonly Workload[]): string {
  const conditions = workloads[0]?.status.conditions ?? [];
  const waiting = conditions.find(({ type, status }) => type === "QuotaReserved" && status === "False");
  return sentence(`It waits in line at Kueue${waiting?.message === undefined ? "" : `: ${waiting.message}`}`);
}

function whyPending(pod: Pod): string {
  const scheduled = pod.status.conditions.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False")
    return sentence(
      `It waits in Kubernetes for a machine: ${scheduled.message ?? scheduled.reason ?? "none is free"}`,
    );
  const waiting = pod.status.containerStatuses[0]?.state.waiting;
  if (waiting?.reason !== undefined)
    return sentence(
      `Kubernetes prepares its container: ${waiting.reason}${waiting.message === undefined ? "" : `, ${waiting.message}`}`,
    );
  return "Kubernetes prepares its container.";
}

function sentence(text: string): string {
  return `${(text.split("\n")[0] ?? "").slice(0, 500).replace(/\.$/, "")}.`;
}
