import { farName } from "../far/performer.ts";
import type { Start } from "../far/performer.ts";
import type { KubernetesSettings } from "../settings.ts";
import { marginMs } from "../rules.ts";

const container = "work";
// Fetching the image, the inputs and the environment comes before the commands' own time.
const preparationMs = 30 * 60_000;
const keptAfterEndSeconds = 3_600;

/**
 * The Job of a piece of work. One attempt only, because retries are decided here and not there; a pod that
 * is evicted does not count as a failure of the command (`podFailurePolicy`), and no second pod begins
 * before the first has ended. The token comes from a secret of its own.
 */
export function jobOf({ work, command, variables }: Start, settings: KubernetesSettings): object {
  const { spec, order } = work;
  const name = farName(work);
  const { cpus, memoryBytes, gpus } = spec.resources;
  const limits = {
    ...(memoryBytes > 0 ? { memory: String(memoryBytes) } : {}),
    ...(gpus > 0 ? { "nvidia.com/gpu": String(gpus) } : {}),
  };
  const plain = Object.entries(variables).filter(([key]) => key !== tokenVariable);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      labels: {
        ...labelsOf(work),
        ...(settings.queue === undefined ? {} : { "kueue.x-k8s.io/queue-name": settings.queue }),
      },
      annotations: { "gyre/label": order.label, "gyre/project": order.project, "gyre/owner": order.owner },
    },
    spec: {
      ...(settings.queue === undefined ? {} : { suspend: true }),
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      activeDeadlineSeconds: Math.ceil((preparationMs + spec.timeoutMs + order.graceMs + marginMs) / 1_000),
      ttlSecondsAfterFinished: keptAfterEndSeconds,
      podReplacementPolicy: "Failed",
      podFailurePolicy: {
        rules: [{ action: "FailJob", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
      },
      template: {
        metadata: { labels: labelsOf(work) },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          ...(settings.service_account === undefined ? {} : { serviceAccountName: settings.service_account }),
          // After the grace time of the commands the checkpoint and the report still have to travel.
          terminationGracePeriodSeconds: Math.ceil((order.graceMs + marginMs) / 1_000),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            runAsGroup: 1000,
            fsGroup: 1000,
            seccompProfile: { type: "RuntimeDefault" },
          },
          ...(spec.isPreemptible ? preemptible(settings) : {}),
          containers: [
            {
              name: container,
              image: spec.image ?? settings.image,
              command,
              env: [
                ...plain.map(([key, value]) => ({ name: key, value })),
                { name: tokenVariable, valueFrom: { secretKeyRef: { name, key: "token" } } },
                { name: "TMPDIR", value: "/work" },
                { name: "HOME", value: "/work" },
              ],
              workingDir: "/work",
              volumeMounts: [{ name: "work", mountPath: "/work" }],
              resources: { requests: { ...(cpus > 0 ? { cpu: String(cpus) } : {}), ...limits }, limits },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            },
          ],
          volumes: [{ name: "work", emptyDir: {} }],
        },
      },
    },
  };
}

const tokenVariable = "GYRE_WORK_TOKEN";

/** The token of the work, which goes with its job: whoever deletes the job deletes it too. */
export function secretOf({ work, variables }: Start, jobUid: string): object {
  const name = farName(work);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      labels: labelsOf(work),
      ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name, uid: jobUid }],
    },
    type: "Opaque",
    stringData: { token: variables[tokenVariable] ?? "" },
  };
}

/** Values of labels are short and plain; the rest stands in annotations. */
function labelsOf({ id }: Start["work"]): Readonly<Record<string, string>> {
  return { "app.kubernetes.io/managed-by": "gyre", "gyre/work": id.replaceAll("_", "-") };
}

function preemptible(settings: KubernetesSettings): object {
  return {
    nodeSelector: settings.preemptible_node_selector,
    tolerations: settings.preemptible_toleration_keys.map((key) => ({ key, operator: "Exists" })),
  };
}
