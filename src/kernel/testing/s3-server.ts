import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";

import { signRequest } from "../s3/index.ts";

/** A server that speaks S3, for one test file. */
export interface S3Server {
  readonly endpoint: string;
  /** What AWS's programs read: endpoint, region and credentials. */
  readonly environment: Readonly<Record<string, string>>;
  /** A request without a body, such as `POST /bucket/key?uploads=`, signed; gives what was answered. */
  ask(method: string, path: string): Promise<string>;
  /** A new empty bucket. */
  createBucket(): Promise<string>;
  stop(): void;
}

const python = process.env["GYRE_TEST_MOTO_PYTHON"];
const given = process.env["GYRE_TEST_S3_URL"];

/** Why there is none here; undefined where there is. */
export const noS3Server: string | undefined =
  python || given ? undefined : "GYRE_TEST_MOTO_PYTHON names no interpreter with moto; `npm test` finds one";

/**
 * Starts moto, a server of S3 in memory; takes the one that `GYRE_TEST_S3_URL` names instead when it is set, with
 * the credentials of the environment.
 */
export async function startS3Server(interpreter = python ?? "python3"): Promise<S3Server> {
  const credentials = {
    accessKeyId: (given && process.env["AWS_ACCESS_KEY_ID"]) || "AKIDOFTHETESTS",
    secretAccessKey: (given && process.env["AWS_SECRET_ACCESS_KEY"]) || "a secret of the tests",
    sessionToken: undefined,
  };
  const { endpoint, stop } =
    given === undefined ? await startMoto(interpreter) : { endpoint: given, stop: () => {} };
  const ask = async (method: string, path: string): Promise<string> => {
    const url = new URL(path, endpoint);
    const payload = "UNSIGNED-PAYLOAD";
    const request = {
      method,
      host: url.host,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { "x-amz-content-sha256": payload },
      payload,
    };
    const scope = { region: "us-east-1", service: "s3", atMs: Date.now() };
    const answer = await fetch(url, { method, headers: { ...signRequest(request, credentials, scope) } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered with ${answer.status}: ${text}`);
    return text;
  };
  return {
    endpoint,
    stop,
    environment: {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
    },
    ask,
    async createBucket() {
      const bucket = `test-${randomBytes(6).toString("hex")}`;
      await ask("PUT", `/${bucket}`);
      return bucket;
    },
  };
}

async function startMoto(interpreter: string): Promise<Pick<S3Server, "endpoint" | "stop">> {
  const program = "from moto.server import main; main()";
  const server = spawn(interpreter, ["-c", program, "-H", "127.0.0.1", "-p", "0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const stop = (): void => void server.kill("SIGKILL");
  return await new Promise((resolve, reject) => {
    let said = "";
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`moto ended with ${code}: ${said.slice(-2_000)}`)));
    server.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-10_000);
      const url = /Running on (http:\/\/\S+)/.exec(said)?.[1];
      if (url !== undefined) resolve({ endpoint: url, stop });
    });
  });
}
