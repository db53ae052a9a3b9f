import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { gyre, isWellTold, startServer } from "./gyre.ts";
import { soundFiles, writeProject } from "./project.ts";

const description = (flavor: string): string => `flavors:\n  ${flavor}: { pickled_model: model.bin }\n`;

/** A pipeline that leaves what it calls a model, with rows to compare on. */
const files = {
  "gyre.yaml": `${soundFiles["gyre.yaml"] ?? ""}model: { name: shop, path: model/, holdout: model/holdout.csv, export: onnx }\n`,
  "description.yaml": description("lightgbm"),
  "dvc.yaml": `stages:
  train:
    cmd: mkdir -p model; cp description.yaml model/MLmodel; cp data/messages.csv model/holdout.csv
    deps: [description.yaml, data/messages.csv]
    outs: [model/]
`,
};

describe("a model that cannot be served", async () => {
  const folder = await temporaryFolder();
  writeProject(folder, files);
  const server = await startServer({ folder });

  it("is kept as a rejected version, whose reason gyre models shows", async () => {
    assert.equal((await gyre(["run"], { folder })).code, 0);
    const listed = await untilListed(/^shop@2 +onnx +rejected /m);
    assert.match(listed, /why rejected\n/);
    assert.match(
      listed,
      /^shop@2 .*The package pyyaml is not among the project's requirements, and the conversion needs it\.$/m,
    );
    const { stdout } = await gyre(["models", "shop@2"], { folder });
    assert.match(
      stdout,
      /^state +rejected\nrejected +The model could not be converted to ONNX: The package pyyaml /m,
    );
    assert.match(stdout, /^Came from\n/m);
  });

  it("cannot be released, and is told why", async () => {
    const refused = await gyre(["release", "shop@2"], { folder });
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, /^error\[version_not_ready\]: Version 2 of shop is rejected: .*pyyaml/m);
    assert.equal(isWellTold(refused), null);
  });

  it("leaves nothing on the server's own streams: no library line, no colour, no stack", () => {
    assert.deepEqual(server.said().stderr.split("\n").slice(-2), ["Stop it with Ctrl-C.", ""]);
  });

  async function untilListed(pattern: RegExp): Promise<string> {
    for (let attempt = 0; attempt < 60; attempt++) {
      const { stdout } = await gyre(["models", "shop"], { folder });
      if (pattern.test(stdout)) return stdout;
    }
    return assert.fail(`gyre models never showed ${pattern}`);
  }
});
