import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { call } from "../call.ts";
import { freePorts } from "../conformance/free-ports.ts";
import { startTestKubelet } from "./test-kubelet.ts";
import type { AskApi } from "./test-kubelet.ts";

/** A real control plane of Kubernetes on the loopback address, with one node whose kubelet is ours. */
export interface KubernetesCluster {
  readonly kubeconfig: string;
  readonly ask: AskApi;
  stop(): Promise<void>;
}

const program = join(homedir(), ".cache", "gyre", "test-kubernetes", "control-plane");

/** The program that `test-control-plane/` builds; a text says how, where it is not there. */
export async function findControlPlane(): Promise<{ readonly program: string } | string> {
  return await access(program).then(
    () => ({ program }),
    () =>
      "no Kubernetes control plane here; half an hour of compiling makes one: " +
      "cd src/domain/compute/targets/kubernetes/test-control-plane && go build -o ~/.cache/gyre/test-kubernetes/control-plane .",
  );
}

const token = "for-tests-only";

export async function startKubernetes(control: string, cpus: number): Promise<KubernetesCluster> {
  const folder = await mkdtemp(join(tmpdir(), "gyre-kubernetes-"));
  const [etcd = 0, peer = 0, port = 0] = await freePorts(3);
  const children: ChildProcess[] = [];
  const printed: string[] = [];
  const start = (words: readonly string[]): void => {
    const child = spawn(control, words, { stdio: ["ignore", "pipe", "pipe"], cwd: folder });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        printed.push(`${words[0]}: ${chunk.toString()}`);
        if (printed.length > 200) printed.shift();
      });
    children.push(child);
  };
  let kubelet: { stop(): Promise<void> } | undefined;
  const stop = async (): Promise<void> => {
    await kubelet?.stop();
    for (const child of children.toReversed()) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await promisify(execFile)("openssl", ["genrsa", "-out", join(folder, "accounts.key"), "2048"]);
    await writeFile(join(folder, "tokens.csv"), `${token},tester,tester,system:masters\n`);
    const client = `http://127.0.0.1:${etcd}`;
    const peers = `http://127.0.0.1:${peer}`;
    start([
      "etcd",
      "--data-dir=etcd",
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=default=${peers}`,
      "--unsafe-no-fsync",
    ]);
    start([
      "apiserver",
      `--etcd-servers=${client}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      "--cert-dir=certificates",
      "--service-account-key-file=accounts.key",
      "--service-account-signing-key-file=accounts.key",
      "--service-account-issuer=https://kubernetes.default.svc",
      "--service-cluster-ip-range=10.0.0.0/24",
      "--authorization-mode=RBAC",
      "--token-auth-file=tokens.csv",
      // No controller of theirs makes service accounts, and no node of ours waits to become ready.
      "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
    ]);
    const server = `https://127.0.0.1:${port}`;
    const authority = join(folder, "certificates", "apiserver.crt");
    const ask: AskApi = async (method, path, body) => {
      const ca = await readFile(authority);
      const answer = await call({
        method,
        url: new URL(path, server),
        ca,
        token,
        ...(body === undefined ? {} : { body }),
      });
      return {
        status: answer.status,
        json: answer.text.startsWith("{") ? JSON.parse(answer.text) : undefined,
      };
    };
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, kubeconfigText(server, authority));
    await answering(ask, printed);
    start([
      "controllers",
      `--kubeconfig=${kubeconfig}`,
      "--controllers=job-controller,garbage-collector-controller,ttl-after-finished-controller",
      "--leader-elect=false",
      "--secure-port=0",
    ]);
    start(["scheduler", `--kubeconfig=${kubeconfig}`, "--leader-elect=false", "--secure-port=0"]);
    kubelet = await startTestKubelet(ask, { name: "node", cpus });
    return { kubeconfig, ask, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function answering(ask: AskApi, printed: readonly string[]): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const answer = await ask("GET", "/api/v1/namespaces/default").catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(200);
  }
  throw new Error(`the API server did not answer: ${printed.slice(-20).join("\n")}`);
}

function kubeconfigText(server: string, authority: string): string {
  return [
    "apiVersion: v1",
    "kind: Config",
    "current-context: test",
    "clusters:",
    `  - {name: test, cluster: {server: "${server}", certificate-authority: "${authority}"}}`,
    "contexts:",
    "  - {name: test, context: {cluster: test, user: tester}}",
    "users:",
    `  - {name: tester, user: {token: ${token}}}`,
    "",
  ].join("\n");
}
