import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { before, describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";
import type { ServedRoute, Variant } from "#serving/routing";

import { assign, placeOf } from "./assign.ts";
import { careRoute, ruleVariant } from "./fixtures/routing.ts";

const units = Array.from({ length: 10_000 }, (_, index) => `customer-${index}`);

describe("the assignment of units", () => {
  const folder = temporaryFolder();
  let live: Variant;
  let canary: Variant;
  before(async () => {
    live = await ruleVariant(await folder, 1);
    canary = await ruleVariant(await folder, 2, { role: "canary" });
  });
  const routeWith = (share: number): ServedRoute => careRoute([live, { ...canary, share }]);
  const meetsCanary = (share: number, unit: string): boolean =>
    assign(routeWith(share), unit).answering.role === "canary";

  it("gives a unit the same variant every time", () => {
    const twice = [1, 2].map(() => units.map((unit) => meetsCanary(0.3, unit)));
    deepEqual(twice[0], twice[1]);
  });

  for (const share of [0.01, 0.1, 0.5, 0.9]) {
    it(`gives the canary ${share * 100} % of the units`, () => {
      const count = units.filter((unit) => meetsCanary(share, unit)).length;
      // Five standard deviations of a binomial: a right assignment fails once in two million choices of units.
      const bound = 5 * Math.sqrt(units.length * share * (1 - share));
      ok(Math.abs(count - units.length * share) <= bound, `${count} of ${units.length}`);
    });
  }

  it("moves no unit back to live when the share is raised", () => {
    const shares = [0, 0.05, 0.1, 0.25, 0.5, 1];
    for (const unit of units.slice(0, 2_000)) {
      const met = shares.map((share) => meetsCanary(share, unit));
      ok(met.indexOf(true) === met.lastIndexOf(false) + 1, `${unit}: ${met.join(", ")}`);
    }
  });

  it("gives nobody the canary at 0 and everybody at 1", () => {
    deepEqual(
      [0, 1].map((share) => units.filter((unit) => meetsCanary(share, unit)).length),
      [0, units.length],
    );
  });

  it("draws anew for another release: the same customers are not always the first to try", () => {
    const other = careRoute([live, { ...canary, releaseId: "rel_other", share: 0.5 }]);
    const agreeing = units.filter(
      (unit) => meetsCanary(0.5, unit) === (assign(other, unit).answering.role === "canary"),
    ).length;
    const bound = 5 * Math.sqrt(units.length * 0.25);
    ok(Math.abs(agreeing - units.length / 2) <= bound, `${agreeing} of ${units.length} agree`);
  });

  it("lets shadows listen whoever answers, and answer nothing themselves", () => {
    const shadow: Variant = { ...canary, role: "shadow" };
    const { answering, shadows } = assign(careRoute([shadow, live]), "customer-1");
    deepEqual([answering, shadows], [live, [shadow]]);
    throws(() => assign(careRoute([shadow]), "customer-1"), { code: "model_not_ready" });
  });

  it("gives the version that a client names, which may not be a shadow", () => {
    const route = careRoute([live, { ...canary, share: 0 }]);
    equal(assign(route, "customer-1", "2").answering.number, 2);
    const shadow: Variant = { ...canary, role: "shadow" };
    throws(() => assign(careRoute([live, shadow]), "customer-1", "2"), { code: "model_not_served" });
  });
});

describe("the place of a text", () => {
  it("is the first 48 bits of its SHA-256, as a share", () => {
    // SHA-256 of "abc" begins ba7816bf8f01 (FIPS 180-2, appendix B.1).
    equal(placeOf("abc"), 0xba7816bf8f01 / 2 ** 48);
  });
});
