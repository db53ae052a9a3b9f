import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { measureLoad } from "./load/index.ts";
import type { LoadResult } from "./load/index.ts";
import { linearModel, linearSignature } from "./models/linear-model.ts";
import type { Figure, Measurement } from "./figures.ts";
import { startFastifyServer, startGatewayServer } from "./servers/index.ts";
import type { MeasuredServer } from "./servers/index.ts";

const rounds = 2;
const connections = 32;

/**
 * Predictions per second of the gateway, next to a plain Fastify server with the same model. The two take
 * turns, so that a slow moment of the machine meets both; the better round of each counts. Server and
 * generator share the machine: the ratio means more than the figures.
 */
export const predictions: Measurement = {
  name: "predictions",
  title: `Predictions over HTTP: one row of ${linearSignature.inputs.length} features, ${connections} connections, JSON`,
  async measure({ folder }) {
    const modelPath = join(folder, "linear.onnx");
    await writeFile(modelPath, linearModel());
    const gateway: LoadResult[] = [];
    const peer: LoadResult[] = [];
    for (let round = 0; round < rounds; round++) {
      gateway.push(await loadServer(await startGatewayServer(join(folder, `round-${round}`), modelPath)));
      peer.push(await loadServer(await startFastifyServer()));
    }
    const [ours, theirs] = [best(gateway), best(peer)];
    return [
      {
        ...figuresOf("gateway, each prediction durable in the log", ours),
        ratio: ours.perSecond / theirs.perSecond,
      },
      figuresOf("peer: Fastify with the same model, no log", theirs),
    ];
  },
};

async function loadServer(server: MeasuredServer): Promise<LoadResult> {
  try {
    return await measureLoad({
      host: "127.0.0.1",
      port: server.port,
      path: "/v2/models/linear/infer",
      body: JSON.stringify({
        inputs: linearSignature.inputs.map(({ name, datatype }, index) => ({
          name,
          shape: [1, 1],
          datatype,
          data: [index / 10],
        })),
      }),
      connections,
      warmUpMs: 1_000,
      durationMs: 5_000,
    });
  } finally {
    await server.stop();
  }
}

function best(results: readonly LoadResult[]): LoadResult {
  const [first] = results.toSorted((a, b) => b.perSecond - a.perSecond);
  if (first === undefined) throw new Error("nothing was measured");
  return first;
}

function figuresOf(what: string, result: LoadResult): Figure {
  const { perSecond, p50Ms, p95Ms, p99Ms, errors } = result;
  const latency = `p50 ${p50Ms.toFixed(2)}, p95 ${p95Ms.toFixed(2)}, p99 ${p99Ms.toFixed(2)} ms`;
  return {
    what,
    value: perSecond,
    unit: "/s",
    note: errors === 0 ? latency : `${latency}, ${errors} errors`,
  };
}
