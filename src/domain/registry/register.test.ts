import { deepEqual, match, rejects } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { createMemoryBlobs } from "#kernel/blobs";
import { Problem } from "#kernel/errors";

import type { Convert } from "./onnx/convert.ts";
import { problems } from "./problems.ts";
import { describeModel } from "./register.ts";
import type { DescribedFiles } from "./register.ts";

const signature = {
  inputs: [{ name: "text", datatype: "BYTES", optional: false }],
  labels: ["negative", "positive"],
} as const;

/** A conversion that writes something which is no graph. */
const writesRubbish: Convert = async ({ folder }) => {
  const onnxFile = join(folder, "model.onnx");
  await writeFile(onnxFile, "not a graph");
  return { onnxFile, signature, samples: [] };
};

const refuses: Convert = async () => {
  throw new Problem(problems.model_not_convertible, {
    message: "The model could not be converted to ONNX: \u001B[31mno converter for Isolation\u001B[0m.",
  });
};

const hasNoRoom: Convert = async () => {
  throw new Problem(
    { code: "disk_full", kind: "unavailable", when: "The disk is full.", next: "Make room." },
    { message: "There is no room." },
  );
};

describe("what an execution left as a model", () => {
  it("is kept as a rejected version when it cannot be converted, with the reason in plain text", async () => {
    const { state, rejection, files, runnableDigest } = await describeWith(refuses);
    deepEqual(
      { state, rejection, files: files.map(({ path }) => path), runnableDigest },
      {
        state: "rejected",
        rejection: "The model could not be converted to ONNX: no converter for Isolation.",
        files: ["MLmodel"],
        runnableDigest: null,
      },
    );
  });

  it("is kept as a rejected version when the runtime cannot open the graph, and the graph is kept", async () => {
    const described = await describeWith(writesRubbish);
    deepEqual(
      { state: described.state, signature: described.signature, parity: described.parity },
      { state: "rejected", signature, parity: null },
    );
    match(described.rejection ?? "", /^the converted model cannot be run: .* model\.onnx .*Protobuf/);
    match(described.runnableDigest ?? "", /[0-9a-f]{64}$/);
  });

  it("is kept as a rejected version when there are no held-out rows to compare on", async () => {
    const { state, rejection } = await describeWith(writesRubbish, []);
    deepEqual(
      { state, rejection },
      { state: "rejected", rejection: "the pipeline left no held-out rows at model/holdout.csv" },
    );
  });

  it("is tried again when the machine, not the model, is the reason", async () => {
    await rejects(describeWith(hasNoRoom), { code: "disk_full" });
  });
});

async function describeWith(convert: Convert, holdout = ["model/holdout.csv"]): Promise<DescribedFiles> {
  const blobs = createMemoryBlobs();
  const { digest } = await blobs.put(Buffer.from("text,label\nhello,positive\n"));
  const outputs = new Map([["model/MLmodel", digest], ...holdout.map((path) => [path, digest] as const)]);
  const described = await describeModel(blobs, convert, {
    modelPath: "model/",
    holdoutPath: "model/holdout.csv",
    outputs,
  });
  return { ...described, files: described.files.filter(({ path }) => path === "MLmodel") };
}
