import assert from "node:assert/strict";
import { it } from "node:test";

import { Problem } from "#kernel/errors";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import { createRandom } from "#stats";

import { buildHouse, goodEvidence, houseMigrations, poorEvidence, stepMs } from "./fixtures/house.ts";
import type { House } from "./fixtures/house.ts";
import type { Release } from "./index.ts";

const place = { project: "care", environment: "production" };
const people = ["usr_ada", "usr_bo", "usr_cy", "usr_di"];

/** Everything that can be asked of delivery, to be done to any release in any state. */
const orders: readonly ((house: House, release: string, actor: string) => Promise<unknown>)[] = [
  (house) => house.request(),
  ({ delivery }, releaseId) => delivery.commands.recordEvidence({ releaseId, evidence: goodEvidence }),
  ({ delivery }, releaseId) => delivery.commands.recordEvidence({ releaseId, evidence: poorEvidence }),
  ({ delivery }, releaseId, actor) => delivery.commands.approveRelease({ releaseId, actor }),
  ({ delivery }, releaseId, actor) => delivery.commands.approveRelease({ releaseId, actor }),
  ({ delivery }, releaseId, actor) => delivery.commands.declineRelease({ releaseId, actor, reason: "no" }),
  ({ delivery }, _, actor) => delivery.commands.rollBack({ ...place, actor, reason: "any" }),
  ({ delivery }, releaseId, actor) =>
    delivery.commands.rollBack({ ...place, releaseId, actor, reason: "this one" }),
  (house) => house.pass(stepMs),
];

function count(releases: readonly Release[], state: Release["state"]): number {
  return releases.filter((release) => release.state === state).length;
}

describeOnEveryEngine("whatever is ordered, by whomever and in any order", (open, { engine }) => {
  const seeds = engine === "sqlite" ? [1, 2, 3, 4, 5, 6, 7, 8] : [9, 10];
  it("at most one release is live and one on its way, and nobody approved their own", async () => {
    for (const seed of seeds) {
      const random = createRandom(seed);
      const house = await buildHouse(
        await createTestKernel({ db: await open(), migrations: houseMigrations }),
      );
      let releases: readonly Release[] = [];
      for (let step = 0; step < 60; step += 1) {
        const target = releases.length === 0 ? "rel_none" : random.pick(releases).id;
        const order = random.pick(orders);
        await order(house, target, random.pick(people)).catch((error: unknown) => {
          if (!(error instanceof Problem)) throw error;
        });
        const wasLive = count(releases, "live");
        releases = await house.delivery.listReleases("care");
        const told = `seed ${seed}, step ${step}`;
        assert.ok(count(releases, "live") <= 1, told);
        assert.ok(count(releases, "rolling_out") <= 1, told);
        assert.ok(count(releases, "live") >= wasLive, `${told}: something that answered stays`);
        for (const { approvals, author, requestedBy, state } of releases) {
          assert.ok(!approvals.some(({ by }) => by === author || by === requestedBy), told);
          if (state === "live" || state === "rolling_out") assert.ok(approvals.length > 0, told);
        }
      }
      assert.equal((await house.ledger.verify()).broken, undefined);
    }
  });
});
