import { z } from "zod";

import { Problem } from "#kernel/errors";

import { problems } from "../../problems.ts";
import { call as send } from "../call.ts";
import type { Answer } from "../call.ts";

/** The few calls of Ray's Jobs REST API that we need (API version 4). */
export interface RayClient {
  version(): Promise<string>;
  /** Which all machines of a cluster have; undefined from a Ray that does not tell. */
  pythonVersion(): Promise<string | undefined>;
  /** Of the machines that are alive. */
  nodes(): Promise<readonly RayNode[]>;
  submit(job: RayJob): Promise<void>;
  /** Undefined for a job Ray does not know. */
  status(id: string): Promise<RayStatus | undefined>;
  /** Nothing when Ray does not know the job, or it has ended. */
  stop(id: string): Promise<void>;
}

export interface RayJob {
  readonly submission_id: string;
  readonly entrypoint: string;
  readonly entrypoint_num_cpus: number;
  readonly entrypoint_num_gpus: number;
  readonly entrypoint_memory: number;
  readonly metadata: Readonly<Record<string, string>>;
}

const versionSchema = z.object({ ray_version: z.string() });
const metadataSchema = z.object({ data: z.object({ pythonVersion: z.string() }) });
const statusSchema = z.object({
  status: z.enum(["PENDING", "RUNNING", "STOPPED", "SUCCEEDED", "FAILED"]),
  message: z.string().nullish(),
  error_type: z.string().nullish(),
});
const nodeSchema = z.object({
  state: z.string(),
  resources_total: z.record(z.string(), z.number()).default({}),
});
const nodesSchema = z.object({ data: z.object({ result: z.object({ result: z.array(nodeSchema) }) }) });
export type RayStatus = z.infer<typeof statusSchema>;
export type RayNode = z.infer<typeof nodeSchema>;

export interface RayAddress {
  readonly name: string;
  readonly url: string;
  /** Where Ray demands one (RAY_AUTH_MODE=token). */
  readonly token: string | undefined;
}

export function createRayClient(address: RayAddress): RayClient {
  const { name, url, token } = address;

  async function call(method: string, path: string, body?: object): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await send({
        method,
        url: new URL(path, url),
        ...(token === undefined ? {} : { token }),
        ...(body === undefined ? {} : { body }),
      });
    } catch (error) {
      throw unavailable(
        `does not answer at ${url}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    if (answer.status === 401 || answer.status === 403)
      throw unavailable(`refuses the token that was sent (${answer.status})`);
    if (answer.status >= 500) throw unavailable(`answered ${answer.status}: ${lastLine(answer.text)}`);
    return answer;
  }

  function unavailable(what: string): Problem {
    return new Problem(problems.target_unavailable, { message: `The Ray cluster "${name}" ${what}.` });
  }

  function read<Value>(schema: z.ZodType<Value>, { text }: Answer): Value {
    try {
      return schema.parse(JSON.parse(text));
    } catch {
      throw unavailable(`answered something that is not Ray's Jobs API: ${lastLine(text)}`);
    }
  }

  return {
    version: async () => read(versionSchema, await call("GET", "/api/version")).ray_version,
    async pythonVersion() {
      const answer = await call("GET", "/api/v0/cluster_metadata");
      const told = answer.status === 200 ? metadataSchema.safeParse(parsed(answer.text)) : undefined;
      return told?.data?.data.pythonVersion;
    },
    async nodes() {
      const { data } = read(nodesSchema, await call("GET", "/api/v0/nodes?limit=10000"));
      return data.result.result.filter((node) => node.state === "ALIVE");
    },
    async submit(job) {
      // The trailing slash belongs to the address.
      const { status, text } = await call("POST", "/api/jobs/", job);
      if (status < 300) return;
      throw new Problem(problems.target_refused, {
        message: `The Ray cluster "${name}" did not take the job: ${lastLine(text).replace(/\.$/, "")}.`,
      });
    },
    async status(id) {
      const answer = await call("GET", `/api/jobs/${id}`);
      return answer.status === 404 ? undefined : read(statusSchema, answer);
    },
    stop: async (id) => void (await call("POST", `/api/jobs/${id}/stop`)),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of a traceback the last line says what was wrong. */
function lastLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return (lines.findLast((line) => line !== "") ?? "nothing").slice(0, 300);
}
