import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { z } from "zod";

import { gatewayProgram } from "#gateway";
import type { RoutingTable } from "#serving/routing";

import { linearSignature } from "../models/linear-model.ts";

export interface MeasuredServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Our gateway with one model, durable prediction log and all. */
export async function startGatewayServer(folder: string, modelPath: string): Promise<MeasuredServer> {
  const child = fork(fileURLToPath(gatewayProgram), [join(folder, "gateway"), "127.0.0.1", "0"]);
  const port = await portOf(child);
  const routed = answerTo(child, 1);
  child.send({ kind: "route", id: 1, table: routingTable(modelPath) });
  await routed;
  return { port, stop: () => stopChild(child) };
}

/** The same model behind a plain Fastify server. */
export async function startFastifyServer(): Promise<MeasuredServer> {
  const child = fork(fileURLToPath(new URL("fastify.ts", import.meta.url)));
  return { port: await portOf(child), stop: () => stopChild(child) };
}

const messageSchema = z.looseObject({
  kind: z.string(),
  id: z.number().optional(),
  port: z.number().optional(),
  message: z.string().optional(),
});

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("message", (raw: unknown) => {
      const { port, message } = messageSchema.parse(raw);
      if (port === undefined) reject(new Error(message ?? "the server gave no port"));
      else resolve(port);
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
}

function answerTo(child: ChildProcess, id: number): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on("message", (raw: unknown) => {
      const answer = messageSchema.parse(raw);
      if (answer.id !== id) return;
      if (answer.kind === "refused") reject(new Error(answer.message));
      else resolve();
    });
  });
}

function stopChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

function routingTable(modelPath: string): RoutingTable {
  return {
    routes: [
      {
        name: "linear",
        project: "bench",
        deployment: "dep_bench",
        positive: "yes",
        unit: null,
        log: { sample: 1, drop: [] },
        variants: [
          {
            role: "live",
            share: 1,
            releaseId: "rel_bench",
            modelVersionId: "mv_bench",
            number: 1,
            kind: "onnx",
            runnablePath: modelPath,
            signature: {
              inputs: linearSignature.inputs.map((input) => ({ ...input })),
              labels: [...linearSignature.labels],
            },
            threshold: 0.5,
          },
        ],
      },
    ],
  };
}
