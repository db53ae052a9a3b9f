import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { readTargetSettings } from "./settings.ts";

const kubernetes = {
  kind: "kubernetes",
  image: "python:3.12-slim",
  preemptible_node_selector: {},
  preemptible_toleration_keys: [],
  can_grow: false,
};

describe("the settings of compute targets", () => {
  it("are names with addresses, and this machine needs none", () => {
    assert.deepEqual(readTargetSettings("local", "/"), []);
    assert.deepEqual(
      readTargetSettings(
        "local, ray=http://head:8265?can_grow=true, k8s=kubernetes:/etc/kube?namespace=ml",
        "/",
      ),
      [
        { name: "ray", kind: "ray", url: "http://head:8265/", can_grow: true },
        { name: "k8s", ...kubernetes, kubeconfig: "/etc/kube", namespace: "ml" },
      ],
    );
  });

  it("may stand in a file, whose mistakes are named by line", async () => {
    const folder = await temporaryFolder();
    await writeFile(
      join(folder, "compute.yaml"),
      "targets:\n  ray: {kind: ray, url: 'http://head:8265'}\n  k8s: {kind: kubernetes}\n",
    );
    assert.deepEqual(readTargetSettings("compute.yaml", folder), [
      { name: "ray", kind: "ray", url: "http://head:8265", can_grow: false },
      { name: "k8s", ...kubernetes },
    ]);
    await writeFile(join(folder, "wrong.yaml"), "targets:\n  ray: {kind: ray, urll: x}\n");
    assert.throws(() => readTargetSettings("wrong.yaml", folder), {
      code: "target_invalid",
      position: { file: join(folder, "wrong.yaml"), line: 2, column: 20 },
    });
    assert.throws(() => readTargetSettings("missing.yaml", folder), {
      code: "target_invalid",
      message: /cannot be read/,
    });
  });

  for (const [text, message] of [
    ["moon", /"moon"/],
    ["ray=nowhere", /"ray=nowhere"/],
    ["local=http://x:1", /local/],
    ["a=http://x:1,a=http://y:1", /twice/],
    ["ray=ftp://x", /url/],
    ["k=kubernetes:?quue=x", /quue/],
  ] as const) {
    it(`refuse ${text}`, () =>
      assert.throws(() => readTargetSettings(text, "/"), { code: "target_invalid", message }));
  }
});
