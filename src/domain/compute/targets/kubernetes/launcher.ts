import { farName } from "../far/performer.ts";
import type { Launcher } from "../far/performer.ts";
import type { Resources } from "../resources.ts";
import type { KubernetesSettings } from "../settings.ts";
import type { KubernetesClient } from "./client.ts";
import { jobOf, secretOf } from "./job.ts";
import { readQuantity } from "./objects.ts";
import type { Node } from "./objects.ts";
import { inspectionOf } from "./reasons.ts";

/** Work as Jobs of a Kubernetes cluster, in line at Kueue where a queue is named. */
export function createKubernetesLauncher(client: KubernetesClient, settings: KubernetesSettings): Launcher {
  return {
    kind: "kubernetes",
    images: { default: settings.image },
    async capabilities() {
      const [version, nodes] = await Promise.all([client.version(), client.nodes()]);
      return {
        kind: "kubernetes",
        version: `Kubernetes ${version}`,
        largest: nodes === undefined ? undefined : largestOf(nodes),
        canGrow: settings.can_grow,
        canUseImages: true,
        platform: settings.platform ?? (nodes === undefined ? null : platformOf(nodes)),
        interpreter: null,
        canPreempt: true,
      };
    },
    async launch(start) {
      const uid = await client.createJob(jobOf(start, settings));
      await client.createSecret(secretOf(start, uid));
    },
    async inspect(work) {
      const name = farName(work);
      const job = await client.job(name);
      if (job === undefined) return { phase: "absent", reason: "its job is not there any more." };
      const pods = await client.podsOf(name);
      const isSuspended = job.spec.suspend === true && pods.length === 0;
      const workloads = isSuspended ? await client.workloadsOf(job.metadata.uid) : [];
      const inspection = inspectionOf(job, pods, workloads);
      if (inspection.phase !== "ended") return inspection;
      // It ended without a word to us: what it printed says why.
      const printed = await client.podLog(pods.at(-1)?.metadata.name ?? name).catch(() => "");
      const last = printed.trim().split("\n").at(-1) ?? "";
      return last === ""
        ? inspection
        : { ...inspection, reason: `${inspection.reason} Its last line: ${last.slice(0, 300)}` };
    },
    stop: async (work) => await client.deleteJob(farName(work), 5),
    // What ended deletes itself after an hour, in which people can look at it.
    remove: async () => {},
  };
}

function largestOf(nodes: readonly Node[]): Resources | undefined {
  const usable = nodes.filter((node) => node.spec.unschedulable !== true);
  if (usable.length === 0) return undefined;
  const most = (name: string): number =>
    Math.max(...usable.map((node) => readQuantity(node.status.allocatable[name])));
  return { cpus: most("cpu"), memoryBytes: most("memory"), gpus: most("nvidia.com/gpu") };
}

/** Of machines of several kinds all: on which one work comes to run is not known before. */
function platformOf(nodes: readonly Node[]): string | null {
  const found = nodes.map(
    ({ status: { nodeInfo } }) => `${nodeInfo.operatingSystem}/${nodeInfo.architecture}`,
  );
  const known = [...new Set(found)].filter((one) => one !== "/").toSorted();
  return known.length === 0 ? null : known.join(" or ");
}
