import { Agent, request } from "node:http";

import { z } from "zod";

import { Problem } from "#kernel/errors";
import type { Signature } from "#registry";

import type { InputValue } from "./index.ts";
import { problems } from "./problems.ts";

export interface InferenceAnswer {
  readonly predictionId: string;
  readonly label: string;
  readonly decision: boolean;
  readonly probabilities: Readonly<Record<string, number>>;
  readonly modelVersionId: string;
  readonly releaseId: string;
}

/** Asks for rows and gets one answer per row, in order. */
export type Infer = (
  rows: readonly Readonly<Record<string, InputValue>>[],
) => Promise<readonly InferenceAnswer[]>;

/** The names of the columns of the probabilities: JSON in a text, because the protocol's parameters are scalars. */
const classesSchema = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.array(z.string()));

const responseSchema = z.object({
  parameters: z.object({ model_version_id: z.string(), release: z.string() }),
  outputs: z.array(
    z.object({
      name: z.string(),
      data: z.array(z.union([z.string(), z.number(), z.boolean()])),
      parameters: z.object({ classes: classesSchema }).optional(),
    }),
  ),
});

const refusalSchema = z.object({ error: z.string(), code: z.string().optional() });

// Our own requests to our own gateway: connections are kept, or a load test measures the making of sockets.
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** A client of the Open Inference Protocol for one model. Columns beyond the signature travel as texts. */
export function createInfer(gatewayUrl: string, model: string, signature: Signature): Infer {
  const url = new URL(`/v2/models/${encodeURIComponent(model)}/infer`, gatewayUrl);
  return async (rows) => {
    if (rows.length === 0) return [];
    const response = await post(url, JSON.stringify({ inputs: tensorsOf(rows, signature) }));
    if (response.status !== 200) throw refused(response.status, response.text);
    return readAnswers(responseSchema.parse(JSON.parse(response.text)), rows.length);
  };
}

function tensorsOf(rows: readonly Readonly<Record<string, InputValue>>[], signature: Signature): unknown[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return names.map((name) => {
    const datatype = signature.inputs.find((input) => input.name === name)?.datatype ?? "BYTES";
    const data = rows.map((row) => {
      const value = row[name] ?? null;
      return datatype === "BYTES" && value !== null ? String(value) : value;
    });
    return { name, datatype, shape: [rows.length], data };
  });
}

function readAnswers(response: z.infer<typeof responseSchema>, rows: number): InferenceAnswer[] {
  const output = (name: string) => response.outputs.find((one) => one.name === name);
  const labels = output("label")?.data ?? [];
  const decisions = output("decision")?.data ?? [];
  const ids = output("prediction_id")?.data ?? [];
  const probabilities = output("probabilities");
  const classes = probabilities?.parameters?.classes ?? [];
  return Array.from({ length: rows }, (_, row) => ({
    predictionId: String(ids[row]),
    label: String(labels[row]),
    decision: decisions[row] === true,
    probabilities: Object.fromEntries(
      classes.map((name, index) => [name, Number(probabilities?.data[row * classes.length + index] ?? 0)]),
    ),
    modelVersionId: response.parameters.model_version_id,
    releaseId: response.parameters.release,
  }));
}

function refused(status: number, text: string): Problem {
  const parsed = refusalSchema.safeParse(parseOrText(text));
  const message = parsed.success ? parsed.data.error : `The gateway answered ${status}.`;
  return new Problem(status >= 500 ? problems.gateway_unavailable : problems.prediction_refused, { message });
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function post(url: URL, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: "POST",
        agent,
        timeout: 30_000,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
        response.on("error", reject);
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("no answer within 30 seconds")));
    sent.on("error", (cause) =>
      reject(
        new Problem(problems.gateway_unavailable, {
          message: `The gateway does not answer: ${cause.message}.`,
          cause,
        }),
      ),
    );
    sent.end(body);
  });
}
