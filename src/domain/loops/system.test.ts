import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { z } from "zod";

import { createSkippingClock, minuteMs } from "#kernel/clock";
import { readConfig } from "#kernel/config";
import { temporaryFolder } from "#kernel/testing";
import { startServer } from "#main";
import type { System } from "#main";

const charter = `project: shop
objective:
  decision: Which messages come first?
  task: classification
  target: mood
  positive: bad
  costs: { false_negative: 12, false_positive: 1.5, currency: EUR }
  baseline: baseline.yaml
  ready_when: [ { recall: ">= 0.5" } ]
data:
  messages: { source: { file: data/messages.csv }, time: created_at, contract: contracts/messages.yaml }
pipeline: dvc.yaml
delivery:
  approve: { production: 0 }
  rollout: [ { shadow: 10m }, { canary: 10%, for: 10m }, { all: true } ]
monitoring: { outcomes: { key: prediction_id, arrive_within: 1d } }
retrain: { when: { any: [ { new_labels: 20 } ] }, cooldown: 1d }
`;

const files = {
  "gyre.yaml": charter,
  "baseline.yaml": rule("late"),
  "dvc.yaml":
    "stages:\n  count:\n    cmd: wc -l < data/messages.csv > rows.txt\n    deps: [data/messages.csv]\n    outs: [rows.txt]\n",
  "contracts/messages.yaml":
    "columns:\n  message_id: { type: text, required: true, unique: true }\n  created_at: { type: time, required: true }\n  text: { type: text, required: true }\n  mood: { type: text, required: true, one_of: [bad, fine] }\n",
  "data/messages.csv": [
    "message_id,created_at,text,mood",
    ...Array.from({ length: 80 }, (_, index) =>
      index % 2 === 0
        ? `m${index},2027-01-01T00:00:00Z,my parcel ${index} is late,bad`
        : `m${index},2027-01-01T00:00:00Z,thank you for parcel ${index},fine`,
    ),
    "",
  ].join("\n"),
};

function rule(word: string): string {
  return `version: 1
inputs: [text]
labels: [bad, fine]
rules:
  - when: { text: { contains_any: [${word}] } }
    then: { label: bad, score: 0.8 }
otherwise: { label: fine, score: 0.6 }
`;
}

const answer = z.object({ parameters: z.object({ prediction_id: z.string() }) });

async function ask(system: System, text: string): Promise<string> {
  const response = await fetch(`${system.gatewayUrl()}/v2/models/shop/infer`, {
    method: "POST",
    body: JSON.stringify({ inputs: [{ name: "text", datatype: "BYTES", shape: [1], data: [text] }] }),
  });
  assert.equal(response.status, 200);
  return answer.parse(await response.json()).parameters.prediction_id;
}

describe("the loops in the whole system", () => {
  it(
    "judge, release, roll back and learn, without a model that needs Python",
    { timeout: 120_000 },
    async () => {
      const folder = await temporaryFolder();
      for (const [path, text] of Object.entries(files)) {
        await mkdir(join(folder, path, ".."), { recursive: true });
        await writeFile(join(folder, path), text);
      }
      const clock = createSkippingClock(Date.UTC(2027, 0, 2));
      const { config } = readConfig({
        flags: { port: "0", gatewayPort: "0", logLevel: "error" },
        environment: {},
        workingFolder: folder,
      });
      const system = await startServer(config, clock);
      const settled = async (ms = 0): Promise<void> => {
        clock.advanceMs(ms);
        await system.settle();
      };
      try {
        const actor = (await system.access.localPrincipal()).id;
        const states = async (): Promise<string[]> =>
          (await system.delivery.listReleases("shop")).map(({ number, state }) => `${number} ${state}`);
        const release = async (): Promise<string> => {
          const { baseline } = await system.projectFolder.apply({ folder, actor });
          const { id } = await system.delivery.commands.requestRelease({
            project: "shop",
            modelVersionId: baseline?.id ?? "",
            environment: "production",
            actor,
          });
          await settled();
          return id;
        };

        // What staging measured is judged; the first release of a charter that asks for no approval is live.
        await release();
        assert.deepEqual(await states(), ["1 live"]);

        // The next one has something to be compared with: it begins as a shadow.
        await writeFile(join(folder, "baseline.yaml"), rule("lost"));
        const second = await release();
        assert.deepEqual(await states(), ["2 rolling_out", "1 live"]);

        // A guardrail that fails ends the rollout.
        await system.db.transaction(() =>
          system.ledger.append({
            kind: "incident.opened",
            subject: "inc_test",
            project: "shop",
            actor: "system",
            data: {
              kind: "guardrail",
              monitor: "guardrail:expected_cost",
              title: "it costs more",
              modelVersionId: "mv_2",
              releaseId: second,
            },
          }),
        );
        await settled();
        assert.deepEqual(await states(), ["2 rolled_back", "1 live"]);
        assert.equal((await system.delivery.getRelease(second)).endReason, "it costs more");
        await settled(10 * minuteMs);
        assert.deepEqual(await states(), ["2 rolled_back", "1 live"]);

        // Outcomes of predictions become labelled data, and the pipeline runs on it.
        const outcomes = [];
        for (let index = 0; index < 25; index += 1) {
          const predictionId = await ask(system, `where is parcel ${index}, it is late`);
          outcomes.push({ predictionId, value: "bad", observedAtMs: clock.nowMs() });
        }
        await settled(minuteMs);
        await system.monitoring.commands.recordOutcomes({ project: "shop", outcomes, actor });
        await settled();
        await settled(minuteMs);
        const newest = await system.data.latestUsable("shop", "messages");
        assert.deepEqual([newest?.rows, newest?.source], [105, "outcomes until 2027-01-02"]);
        const [execution] = await system.pipelines.listExecutions("shop", { limit: 1 });
        assert.deepEqual(
          [execution?.state, execution?.purpose.kind, execution?.datasetVersions],
          ["succeeded", "retrain", { messages: newest?.id }],
        );
        const rows = await system.pipelines.readOutput(execution?.id ?? "", "rows.txt");
        assert.equal(Number(Buffer.from(rows).toString()), 106);

        assert.deepEqual(await system.ledger.failures(), []);
        assert.deepEqual(await system.jobs.list({ state: "failed" }), []);
        assert.equal((await system.ledger.verify()).broken, undefined);
      } finally {
        await system.stop();
      }
    },
  );
});
