import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { z } from "zod";

/** A call of the API as the kubelet's user; the parsed answer. */
export type AskApi = (
  method: string,
  path: string,
  body?: object,
) => Promise<{ status: number; json: unknown }>;

const podSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    deletionGracePeriodSeconds: z.number().optional(),
  }),
  spec: z.looseObject({
    containers: z.array(
      z.looseObject({
        name: z.string(),
        image: z.string(),
        command: z.array(z.string()),
        env: z
          .array(
            z.looseObject({
              name: z.string(),
              value: z.string().optional(),
              valueFrom: z
                .object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) })
                .optional(),
            }),
          )
          .default([]),
      }),
    ),
  }),
  status: z.looseObject({
    phase: z.string().optional(),
    conditions: z.array(z.looseObject({ type: z.string() })).default([]),
  }),
});
type Pod = z.infer<typeof podSchema>;
const podsSchema = z.object({ items: z.array(podSchema) });

interface Running {
  child: ChildProcess | undefined;
  folder: string;
  code: number | undefined;
  isTold: boolean;
  killAtMs: number | undefined;
}

/**
 * A kubelet for tests: the pods that the scheduler gave to its node run as processes of this machine, with
 * SIGTERM, grace time and status as the real one. It isolates nothing, and knows one container and no image.
 */
export async function startTestKubelet(
  ask: AskApi,
  node: { name: string; cpus: number },
): Promise<{ stop(): Promise<void> }> {
  const capacity = { cpu: String(node.cpus), memory: "8Gi", pods: "110" };
  const conditions = [{ type: "Ready", status: "True", reason: "KubeletReady", message: "for tests" }];
  // As a kubelet on such a machine tells it.
  const nodeInfo = {
    operatingSystem: "linux",
    architecture: "amd64",
    kernelVersion: "6.1.0",
    osImage: "Debian GNU/Linux 12",
    containerRuntimeVersion: "containerd://2.0.0",
    kubeletVersion: "v1.34.0",
    kubeProxyVersion: "",
    machineID: "",
    systemUUID: "",
    bootID: "",
  };
  const body = { apiVersion: "v1", kind: "Node", metadata: { name: node.name } };
  await ask("POST", "/api/v1/nodes", body);
  const made = z.looseObject({}).parse((await ask("GET", `/api/v1/nodes/${node.name}`)).json);
  await ask("PUT", `/api/v1/nodes/${node.name}/status`, {
    ...made,
    status: { capacity, allocatable: capacity, conditions, nodeInfo },
  });
  const running = new Map<string, Running>();
  let isStopped = false;

  async function start(pod: Pod): Promise<void> {
    const [container] = pod.spec.containers;
    if (container === undefined) return;
    const variables: Record<string, string> = { PATH: process.env["PATH"] ?? "" };
    const folder = await mkdtemp(join(tmpdir(), "pod-"));
    for (const { name, value, valueFrom } of container.env) {
      if (valueFrom === undefined) variables[name] = value === "/work" ? folder : (value ?? "");
      else {
        const { secretKeyRef } = valueFrom;
        const secret = await ask(
          "GET",
          `/api/v1/namespaces/${pod.metadata.namespace}/secrets/${secretKeyRef.name}`,
        );
        // As the real one: the container is not made before its secret is there.
        if (secret.status !== 200) return await rm(folder, { recursive: true });
        const { data } = z.object({ data: z.record(z.string(), z.string()) }).parse(secret.json);
        variables[name] = Buffer.from(data[secretKeyRef.key] ?? "", "base64").toString();
      }
    }
    const [program = "", ...words] = container.command;
    const child = spawn(program, words, { cwd: folder, env: variables, detached: true, stdio: "ignore" });
    const one: Running = { child, folder, code: undefined, isTold: false, killAtMs: undefined };
    running.set(pod.metadata.uid, one);
    child.once("exit", (code, signal) => (one.code = code ?? (signal === "SIGKILL" ? 137 : 143)));
    await setStatus(
      pod,
      { phase: "Running", startTime: new Date().toISOString() },
      { running: { startedAt: new Date().toISOString() } },
    );
  }

  async function setStatus(pod: Pod, status: object, state: object): Promise<void> {
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
    const now = podSchema.safeParse((await ask("GET", path)).json);
    if (!now.success) return;
    const [container] = pod.spec.containers;
    const containerStatuses = [
      { name: container?.name, image: container?.image, imageID: "", ready: false, restartCount: 0, state },
    ];
    await ask("PUT", `${path}/status`, {
      ...now.data,
      status: { ...now.data.status, ...status, containerStatuses },
    });
  }

  async function tend(pod: Pod): Promise<void> {
    const { uid, deletionTimestamp, namespace, name } = pod.metadata;
    const one = running.get(uid);
    const hasEnded = pod.status.phase === "Succeeded" || pod.status.phase === "Failed";
    if (one === undefined && deletionTimestamp === undefined && !hasEnded) return await start(pod);
    if (one !== undefined && one.code === undefined && deletionTimestamp !== undefined) {
      if (!one.isTold) one.child?.kill("SIGTERM");
      one.isTold = true;
      one.killAtMs ??= Date.now() + (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1_000;
      if (Date.now() > one.killAtMs) one.child?.kill("SIGKILL");
    }
    if (one?.code !== undefined && !hasEnded) {
      const { code } = one;
      const terminated = {
        exitCode: code,
        reason: code === 0 ? "Completed" : "Error",
        startedAt: null,
        finishedAt: new Date().toISOString(),
      };
      await setStatus(pod, { phase: code === 0 ? "Succeeded" : "Failed" }, { terminated });
      await rm(one.folder, { recursive: true, force: true, maxRetries: 3 });
    }
    if (deletionTimestamp !== undefined && (one === undefined || one.code !== undefined))
      await ask("DELETE", `/api/v1/namespaces/${namespace}/pods/${name}`, { gracePeriodSeconds: 0 });
  }

  const loop = (async () => {
    while (!isStopped) {
      const listed = await ask("GET", `/api/v1/pods?fieldSelector=spec.nodeName%3D${node.name}`).catch(
        () => undefined,
      );
      const pods = podsSchema.safeParse(listed?.json);
      if (pods.success) for (const pod of pods.data.items) await tend(pod).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  })();
  return {
    async stop() {
      isStopped = true;
      await loop;
      for (const { child, code } of running.values()) if (code === undefined) child?.kill("SIGKILL");
    },
  };
}
