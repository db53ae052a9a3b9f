import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createPasswordChecks, hashPassword, isPasswordRight, usualCost } from "./passwords.ts";
import type { KeptPassword } from "./passwords.ts";

const quick = 8;
const ada = { id: "usr_ada", name: "ada", kind: "person", via: "password" } as const;

describe("passwords", () => {
  it("are kept as salted hashes that say what they cost", async () => {
    const [one, other] = [
      await hashPassword("correct horse", usualCost),
      await hashPassword("correct horse", quick),
    ];
    assert.match(one, /^scrypt\$15\$/);
    assert.doesNotMatch(one, /correct/);
    assert.notEqual(other, await hashPassword("correct horse", quick));
    for (const hash of [one, other]) {
      assert.equal(await isPasswordRight("correct horse", hash), true);
      assert.equal(await isPasswordRight("correct horsf", hash), false);
    }
  });

  it("mean the same however a keyboard composes their letters", async () => {
    assert.equal(
      await isPasswordRight("cafe\u0301 au lait", await hashPassword("caf\u00e9 au lait", quick)),
      true,
    );
  });

  it("are asked for once, then known, and looked at again when told to", async () => {
    const kept = new Map<string, KeptPassword>([
      ["ada", { hash: await hashPassword("correct horse", quick), principal: ada }],
    ]);
    let asked = 0;
    const checks = createPasswordChecks({
      cost: quick,
      find: async (name) => {
        asked++;
        return kept.get(name);
      },
    });
    assert.deepEqual(await checks.check("ada", "correct horse"), ada);
    assert.deepEqual(await checks.check("ada", "correct horse"), ada);
    assert.equal(asked, 1);
    kept.set("ada", { hash: await hashPassword("battery staple", quick), principal: ada });
    checks.forgetAll();
    await assert.rejects(checks.check("ada", "correct horse"), { code: "password_wrong" });
    kept.clear();
    await assert.rejects(checks.check("ada", "battery staple"), { code: "password_wrong" });
  });

  it("do not run into each other when name and password could be cut elsewhere", async () => {
    const hash = await hashPassword("b:c", quick);
    const checks = createPasswordChecks({
      cost: quick,
      find: async (name) => (name === "a" ? { hash, principal: ada } : undefined),
    });
    assert.deepEqual(await checks.check("a", "b:c"), ada);
    await assert.rejects(checks.check("a:b", "c"), { code: "password_wrong" });
  });
});
