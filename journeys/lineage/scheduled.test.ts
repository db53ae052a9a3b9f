import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { openReceiver } from "./receiver.ts";
import { createSchemaCheck } from "./schema-check.ts";
import { openShop } from "./shop.ts";

describe("a run that a clock began", () => {
  it("tells the time it was meant for", async () => {
    const [shop, receiver] = [await openShop(), await openReceiver()];
    await shop.call("POST", "/api/v1/lineage/endpoints", { name: "catalogue", url: receiver.url });
    const { id } = await shop.system.pipelines.commands.execute({
      project: "shop",
      targets: ["clean"],
      purpose: { kind: "trigger", reason: "schedule nightly", nominalAtMs: Date.UTC(2027, 0, 1, 2) },
      actor: "system",
    });
    await shop.system.pipelines.awaitExecution(id, { withinMs: 60_000 });
    await receiver.took(4);
    const times = receiver.taken.map(({ run }) => run.facets["nominalTime"]?.["nominalStartTime"]);
    assert.deepEqual(new Set(times), new Set(["2027-01-01T02:00:00.000Z"]));
    assert.deepEqual(receiver.taken.flatMap(await createSchemaCheck(shop.system.url())), []);
  });
});
