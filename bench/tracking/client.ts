import { createConnection } from "../load/exchange.ts";
import type { Connection, Request } from "../load/exchange.ts";

/** Speaks MLflow's REST API to a server under measurement, over connections of its own. */
export interface TrackingClient {
  readonly connections: readonly Connection[];
  /** On the first connection; throws unless the answer is 200. */
  call(path: string, body?: object): Promise<{ readonly latencyMs: number; readonly body: string }>;
  createRun(experiment: string): Promise<string>;
  createExperiment(name: string): Promise<string>;
  close(): void;
}

export function openClient(port: number, writers = 8): TrackingClient {
  const connections = Array.from({ length: writers }, () => createConnection(port));
  const [first] = connections;
  if (first === undefined) throw new Error("a client needs a connection");
  const call: TrackingClient["call"] = async (path, body) => await send(first, requestOf(path, body));
  return {
    connections,
    call,
    async createExperiment(name) {
      return field((await call("experiments/create", { name })).body, "experiment_id");
    },
    async createRun(experiment) {
      const answer = await call("runs/create", { experiment_id: experiment, start_time: Date.now() });
      return field(answer.body, "run_id");
    },
    close: () => connections.forEach((connection) => connection.close()),
  };
}

export function requestOf(path: string, body?: object): Request {
  const address = `/api/2.0/mlflow/${path}`;
  return body === undefined
    ? { method: "GET", path: address }
    : { method: "POST", path: address, body: JSON.stringify(body) };
}

export async function send(
  connection: Connection,
  request: Request,
): Promise<{ readonly latencyMs: number; readonly body: string }> {
  const answer = await connection.exchange(request);
  if (answer.status === 200) return answer;
  throw new Error(
    `${request.method} ${request.path} answered ${answer.status}: ${answer.body.slice(0, 300)}`,
  );
}

export function field(json: string, name: string): string {
  const value = new RegExp(`"${name}":\\s*"([^"]*)"`).exec(json)?.[1];
  if (value === undefined) throw new Error(`the answer has no ${name}: ${json.slice(0, 300)}`);
  return value;
}
