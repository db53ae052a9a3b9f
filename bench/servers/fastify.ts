import Fastify from "fastify";
import type { FastifyRequest } from "fastify";

import { openOnnxModel } from "#registry/runtimes";

import { linearModel, linearSignature } from "../models/linear-model.ts";

// The peer: the server a team writes in an afternoon. Fastify, its schema validation, the same model, the
// same body, one call of the model per request, and no log of predictions.

interface InferenceBody {
  readonly inputs: readonly { readonly name: string; readonly data: readonly number[] }[];
}

const tensorSchema = {
  type: "object",
  required: ["name", "shape", "datatype", "data"],
  properties: {
    name: { type: "string" },
    shape: { type: "array", items: { type: "integer" } },
    datatype: { type: "string" },
    data: { type: "array", items: { type: "number" } },
  },
};
const schema = {
  body: {
    type: "object",
    required: ["inputs"],
    properties: { inputs: { type: "array", items: tensorSchema } },
  },
};

const model = await openOnnxModel(linearModel(), linearSignature);
const server = Fastify();
server.route({ method: "POST", url: "/v2/models/linear/infer", schema, handler: answer });
await server.listen({ host: "127.0.0.1", port: 0 });
const address = server.server.address();
if (typeof address === "object" && address !== null)
  process.send?.({ kind: "listening", port: address.port });
process.on("disconnect", () => process.exit(0));

async function answer(request: FastifyRequest<{ Body: InferenceBody }>) {
  const row = Object.fromEntries(request.body.inputs.map(({ name, data }) => [name, data[0] ?? null]));
  const [scored] = await model.score([row]);
  const output = (name: string, datatype: string, value: unknown) => ({
    name,
    shape: [1],
    datatype,
    data: [value],
  });
  return {
    model_name: "linear",
    outputs: [
      output("label", "BYTES", scored?.label),
      ...linearSignature.labels.map((label, index) =>
        output(`probability_${label}`, "FP64", scored?.probabilities[index]),
      ),
    ],
  };
}
