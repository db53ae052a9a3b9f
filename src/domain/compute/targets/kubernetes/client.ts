import { z } from "zod";

import { Problem } from "#kernel/errors";

import { problems } from "../../problems.ts";
import { call as send } from "../call.ts";
import type { Answer } from "../call.ts";
import type { Connection } from "./connection.ts";
import { jobListSchema, jobSchema, nodeListSchema, podListSchema, workloadListSchema } from "./objects.ts";
import type { Job, Node, Pod, Workload } from "./objects.ts";

/** The few calls of the Kubernetes API that work as Jobs needs. */
export interface KubernetesClient {
  version(): Promise<string>;
  /** Undefined where we may not look at machines. */
  nodes(): Promise<readonly Node[] | undefined>;
  /** The job's uid; that of the job which is there when its name is taken. */
  createJob(body: object): Promise<string>;
  createSecret(body: object): Promise<void>;
  job(name: string): Promise<Job | undefined>;
  podsOf(job: string): Promise<readonly Pod[]>;
  /** Of Kueue; none where it is not installed. */
  workloadsOf(jobUid: string): Promise<readonly Workload[]>;
  /** With its pods. Nothing when it is gone already. */
  deleteJob(name: string, graceSeconds: number): Promise<void>;
  jobs(selector: string): Promise<readonly Job[]>;
  /** The end of what the container printed; empty when that cannot be had. */
  podLog(pod: string): Promise<string>;
}

/** `connect` is asked for each call, because it reads files that are replaced while they are used. */
export function createKubernetesClient(name: string, connect: () => Connection): KubernetesClient {
  async function call(method: string, pathOf: (namespace: string) => string, body?: object): Promise<Answer> {
    const connection = connect();
    let answer: Answer;
    try {
      const { server, namespace, token, ...certificates } = connection;
      answer = await send({
        method,
        url: new URL(pathOf(namespace), server),
        ...certificates,
        ...(token === undefined ? {} : { token: token() }),
        ...(body === undefined ? {} : { body }),
      });
    } catch (error) {
      throw unavailable(
        `does not answer at ${connection.server}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    if (answer.status === 401) throw unavailable("does not know us (401): check the credentials");
    if (answer.status === 429 || answer.status >= 500)
      throw unavailable(`answered ${answer.status}: ${messageOf(answer)}`);
    return answer;
  }

  function unavailable(what: string): Problem {
    return new Problem(problems.target_unavailable, { message: `The Kubernetes cluster "${name}" ${what}.` });
  }

  /** Throws for an answer that is no success: what is forbidden or wrong will not mend itself. */
  function require(answer: Answer, what: string): unknown {
    if (answer.status < 300) return JSON.parse(answer.text);
    const kind = answer.status === 403 ? "may not" : "could not";
    throw new Problem(answer.status === 403 ? problems.target_unavailable : problems.target_refused, {
      message: `Gyre ${kind} ${what} in the Kubernetes cluster "${name}": ${messageOf(answer)}.`,
    });
  }

  const jobsPath = (namespace: string): string => `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const podsPath = (namespace: string): string => `/api/v1/namespaces/${namespace}/pods`;

  return {
    async version() {
      const answer = require(await call("GET", () => "/version"), "ask for the version");
      return z.object({ gitVersion: z.string() }).parse(answer).gitVersion;
    },
    async nodes() {
      const answer = await call("GET", () => "/api/v1/nodes?limit=5000");
      return answer.status === 403 ? undefined : nodeListSchema.parse(require(answer, "list nodes")).items;
    },
    async createJob(body) {
      const answer = await call("POST", jobsPath, body);
      if (answer.status !== 409) return jobSchema.parse(require(answer, "create a job")).metadata.uid;
      const wanted = z.object({ metadata: z.object({ name: z.string() }) }).parse(body).metadata.name;
      const there = await call("GET", (namespace) => `${jobsPath(namespace)}/${wanted}`);
      return jobSchema.parse(require(there, "read a job")).metadata.uid;
    },
    async createSecret(body) {
      const answer = await call("POST", (namespace) => `/api/v1/namespaces/${namespace}/secrets`, body);
      if (answer.status !== 409) require(answer, "create a secret");
    },
    async job(wanted) {
      const answer = await call("GET", (namespace) => `${jobsPath(namespace)}/${wanted}`);
      return answer.status === 404 ? undefined : jobSchema.parse(require(answer, "read a job"));
    },
    async podsOf(job) {
      const selector = encodeURIComponent(`batch.kubernetes.io/job-name=${job}`);
      const answer = await call("GET", (namespace) => `${podsPath(namespace)}?labelSelector=${selector}`);
      return podListSchema.parse(require(answer, "list pods")).items;
    },
    async workloadsOf(jobUid) {
      const selector = encodeURIComponent(`kueue.x-k8s.io/job-uid=${jobUid}`);
      const answer = await call(
        "GET",
        (namespace) =>
          `/apis/kueue.x-k8s.io/v1beta1/namespaces/${namespace}/workloads?labelSelector=${selector}`,
      );
      return answer.status >= 300 ? [] : workloadListSchema.parse(JSON.parse(answer.text)).items;
    },
    async deleteJob(wanted, graceSeconds) {
      const pods = await this.podsOf(wanted);
      const answer = await call("DELETE", (namespace) => `${jobsPath(namespace)}/${wanted}`, {
        propagationPolicy: "Background",
      });
      if (answer.status !== 404) require(answer, "delete a job");
      for (const { metadata } of pods) {
        await call("DELETE", (namespace) => `${podsPath(namespace)}/${metadata.name}`, {
          gracePeriodSeconds: graceSeconds,
        });
      }
    },
    async jobs(selector) {
      const answer = await call(
        "GET",
        (namespace) => `${jobsPath(namespace)}?labelSelector=${encodeURIComponent(selector)}`,
      );
      return jobListSchema.parse(require(answer, "list jobs")).items;
    },
    async podLog(pod) {
      const answer = await call(
        "GET",
        (namespace) => `${podsPath(namespace)}/${pod}/log?tailLines=20&limitBytes=20000`,
      );
      return answer.status >= 300 ? "" : answer.text;
    },
  };
}

/** The API server's own words, of its `Status` object. */
function messageOf({ text, status }: Answer): string {
  try {
    return z.object({ message: z.string() }).parse(JSON.parse(text)).message.slice(0, 500).replace(/\.$/, "");
  } catch {
    return text.slice(0, 200) || `status ${status}`;
  }
}
