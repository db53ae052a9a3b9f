import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Problem } from "#kernel/errors";

import { readPipeline } from "./pipeline.ts";
import { defaultSettings } from "./settings.ts";
import type { StageSettings } from "./settings.ts";

async function settingsOf(gyre: string, params = ""): Promise<StageSettings | undefined> {
  const texts: Record<string, string> = {
    "dvc.yaml": `stages:\n  t: {cmd: x, meta: {owner: ada, gyre: ${gyre}}}`,
    "params.yaml": params,
  };
  const files = { readText: async (path: string) => texts[path] };
  return (await readPipeline({ file: "dvc.yaml", files })).stages[0]?.settings;
}

describe("what a stage says under meta.gyre", () => {
  it("is read whole, with ${…} replaced", async () => {
    const gyre = `{timeout: 2h, resources: {cpu: 0.5, memory: 4GiB, gpu: 1}, priority: 5,
      retry: {times: 3, on: [75, timeout, preempted], backoff: 10s}, when: 'params.\${which} > 1',
      approve: 'Is \${which} right?', target: cluster, image: 'ml/train:\${which}', checkpoint: state/, secrets: [TOKEN, API_KEY]}`;
    const settings = await settingsOf(gyre, "which: depth");
    assert.deepEqual(settings, {
      timeoutMs: 7_200_000,
      resources: { cpu: 0.5, memoryBytes: 4 * 2 ** 30, gpu: 1 },
      priority: 5,
      retry: { times: 3, on: [75, "timeout", "preempted"], backoffMs: 10_000 },
      when: {
        text: "params.depth > 1",
        condition: {
          kind: "compare",
          left: { kind: "parameter", file: "params.yaml", key: "depth", text: "params.depth" },
          comparison: ">",
          right: { kind: "value", value: 1 },
        },
      },
      approve: "Is depth right?",
      target: "cluster",
      image: "ml/train:depth",
      checkpoint: "state",
      secrets: ["API_KEY", "TOKEN"],
    });
  });

  it("is all default where nothing is said, whatever else stands under meta", async () => {
    const files = { readText: async () => "stages:\n  t: {cmd: x, meta: {timeout: what you like}}" };
    const { stages } = await readPipeline({ file: "dvc.yaml", files });
    assert.deepEqual(stages[0]?.settings, defaultSettings);
  });

  for (const [title, gyre, message, next] of [
    ["an unknown key", "{timout: 2h}", /Unknown key "timout" in stages\.t\.meta\.gyre\./, /"timeout"/],
    ["an unknown resource", "{resources: {memori: 1GB}}", /"memori"/, /"memory"/],
    ["an unknown cause", "{retry: {times: 1, on: [timout]}}", /retry\.on\[0\]/, /"timeout"/],
    ["a retry without times", "{retry: {on: [1]}}", /retry\.times is nothing/, /whole number from 1 to 100/],
    ["a core that is none", "{resources: {cpu: 0}}", /resources\.cpu is the number 0/, /above zero/],
    ["a size that is none", "{resources: {memory: much}}", /the text "much"/, /512MB/],
    ["a condition that breaks off", "{when: 'params.a >'}", /it ends where a value was expected/, /recall/],
    ["a condition of a bare word", "{when: depth > 3}", /"depth" is no value/, /recall/],
    ["a secret named like a variable of ours", "{secrets: [HOME]}", /secrets\[0\]/, /none that a step has/],
    [
      "an image that is none",
      "{image: 'Not An Image'}",
      /image is "Not An Image"/,
      /container image such as/,
    ],
    ["an image with half a digest", "{image: 'ml@sha256:12'}", /image is "ml@sha256:12"/, /digest/],
    ["a checkpoint outside", "{checkpoint: ../x}", /leaves the project/, /within/],
  ] as const) {
    it(`refuses ${title}, with its line and what was meant`, async () => {
      await assert.rejects(settingsOf(gyre), (error: unknown) => {
        assert.ok(error instanceof Problem);
        assert.equal(error.code, "pipeline_invalid");
        assert.match(error.message, message);
        assert.match(error.next, next);
        assert.equal(error.position?.line, 2);
        return true;
      });
    });
  }
});
