import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { Compute, Environment, ProcessResult } from "#compute";
import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import type { Row, Signature } from "../runtimes/index.ts";

/** The conversion of a model folder, with the original's answers on sample rows. */
export interface Converted {
  readonly onnxFile: string;
  readonly signature: Signature;
  readonly samples: readonly {
    readonly inputs: Row;
    readonly label: string;
    readonly probabilities: readonly number[];
  }[];
}

export type Convert = (order: {
  readonly modelFolder: string;
  /** CSV whose rows the original and the converted model both answer. */
  readonly sampleFile: string;
  /** A folder of the caller's for whatever the conversion writes. */
  readonly folder: string;
}) => Promise<Converted>;

const script = join(import.meta.dirname, "convert.py");
const timeoutMs = 300_000;
const maximumLogBytes = 16 * 1024 * 1024;

const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const reportSchema = z.object({
  inputs: z.array(z.object({ name: z.string(), datatype: z.enum(["BYTES", "FP32", "INT64", "BOOL"]) })),
  labels: z.array(z.string()).min(2),
  rows: z.array(z.record(z.string(), value)),
  predictions: z.object({ label: z.array(value), probabilities: z.array(z.array(z.number())) }),
});
const refusalSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/**
 * Converts with the interpreter of the model's own environment, in a child process: opening a model may
 * run its code, and the environment is the one it was trained in.
 */
export function createConvert(compute: Compute, environment: Environment): Convert {
  return async ({ modelFolder, sampleFile, folder }) => {
    const onnxFile = join(folder, "model.onnx");
    const logFile = join(folder, "convert.log");
    const ended = await compute.runProcess({
      command: [environment.interpreter, script, modelFolder, onnxFile, sampleFile],
      cwd: folder,
      environment,
      variables: { HOME: folder },
      timeoutMs,
      logFile,
      maximumLogBytes,
    });
    const log = await readFile(logFile, "utf8").catch(() => "");
    const report = lastJsonLine(log);
    const refusal = refusalSchema.safeParse(report);
    if (refusal.success) throw notConvertible(refusal.data.error.message);
    if (ended.exitCode !== 0) throw notConvertible(`${howItEnded(ended)}:\n${lastLines(log)}`);
    const complete = reportSchema.safeParse(report);
    if (!complete.success) throw notConvertible(`only classifiers are; ${firstIssue(complete.error)}`);
    const { inputs, labels, rows, predictions } = complete.data;
    return {
      onnxFile,
      signature: {
        inputs: inputs.map(({ name, datatype }) => ({ name, datatype, optional: false })),
        labels,
      },
      samples: rows.map((row, index) => ({
        inputs: row,
        label: String(predictions.label[index]),
        probabilities: predictions.probabilities[index] ?? [],
      })),
    };
  };
}

function howItEnded({ ended, exitCode, signal }: ProcessResult): string {
  if (ended === "timeout") return `the conversion took more than ${timeoutMs / 60_000} minutes`;
  if (ended === "log_limit") return "the conversion printed too much";
  return signal === null
    ? `the conversion ended with exit code ${exitCode}`
    : `the conversion was ended by ${signal}`;
}

/** Libraries write to the same log; the report is the one line that is JSON, and the last. */
function lastJsonLine(log: string): unknown {
  const line = log.split("\n").findLast((one) => one.startsWith("{"));
  try {
    return line === undefined ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
}

function lastLines(log: string): string {
  return log.trimEnd().split("\n").slice(-5).join("\n");
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  return `its report has at ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`;
}

function notConvertible(reason: string): Problem {
  return new Problem(problems.model_not_convertible, {
    message: `The model could not be converted to ONNX: ${reason}`,
  });
}
