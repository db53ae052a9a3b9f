import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createAccess, levelNames, migrations as accessMigrations, modelThing, roleNames } from "#access";
import type { Principal } from "#kernel/auth";
import { createTestKernel } from "#kernel/testing";

import { createModelGate } from "./model-gate.ts";
import type { Asking } from "./model-gate.ts";

const models = ["a", "b", "c"];
/** About one model, about none, about several, about one that is not there. */
const rows = [["a"], ["b"], [], ["a", "b"], ["b", "c"], ["absent"], ["c", "absent"]];

/** The gate over real grants, and how often it asked for names. */
async function openGate() {
  const kernel = await createTestKernel({ migrations: accessMigrations });
  const access = createAccess({ ...kernel, mode: "required" });
  const counts = { names: 0 };
  const gate = createModelGate(async (_, asked) => {
    counts.names++;
    return new Map(asked.filter((model) => models.includes(model)).map((model) => [model, `flat-${model}`]));
  });
  const askingOf = (principal: Principal): Asking => {
    const allow: Asking["allow"] = (project, thing) =>
      access.authorise(principal, "run:read", project, thing);
    return {
      allow,
      async onlyAllowed(all, projectOf, thingOf = () => undefined) {
        const may = async (row: (typeof all)[number]): Promise<boolean> =>
          await allow(projectOf(row), thingOf(row)).then(
            () => true,
            () => false,
          );
        const answers = await Promise.all(all.map(may));
        return all.filter((_, index) => answers[index]);
      },
    };
  };
  return { access, gate, counts, askingOf };
}

describe("the gate of models", () => {
  it("lets through the rows of which every model is open, as it would one by one, with one question for names", async () => {
    const { access, gate, counts, askingOf } = await openGate();
    for (const role of [undefined, ...roleNames]) {
      for (const level of levelNames) {
        const [name, actor] = [`${role} ${level}`, "system"];
        const { id } = await access.commands.addPrincipal({ name, kind: "person", actor });
        if (role !== undefined)
          await access.commands.grantRole({ principal: id, role, project: "care", actor });
        const thing = modelThing("flat-b");
        await access.commands.grantThing({ principal: id, thing, level, actor });
        const asking = askingOf({ id, name, kind: "person", via: "token" });
        const passes = async (about: readonly string[]): Promise<boolean> => {
          const asked = about.map((model) => gate.pass("care", model, asking));
          const all = about.length === 0 ? [asking.allow("care")] : asked;
          return (await Promise.allSettled(all)).every(({ status }) => status === "fulfilled");
        };
        const oneByOne = [];
        for (const row of rows) if (await passes(row)) oneByOne.push(row);
        counts.names = 0;
        const together = gate.onlyAbout("care", rows, (row) => row, asking);
        if (oneByOne.length === 0) await assert.rejects(together, { code: "permission_denied" }, name);
        else assert.deepEqual(await together, oneByOne, name);
        assert.equal(counts.names, 1);
      }
    }
  });
});
