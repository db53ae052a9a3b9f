import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { collectCatalogues, repeatedCodes } from "./catalogues.ts";
import { eventsIn } from "./events.ts";
import { referencePages } from "./pages.ts";

describe("the reference pages", () => {
  it("say what the code says", async () => {
    const stale = (await referencePages()).filter(({ path, text }) => readFileSync(path, "utf8") !== text);
    assert.deepEqual(
      stale.map(({ path }) => path),
      [],
      "run `npm run reference` and commit what it wrote",
    );
  });
});

describe("the codes of problems", () => {
  it("are unique in the whole product", async () => {
    assert.deepEqual(repeatedCodes(await collectCatalogues()), []);
  });

  it("are written in snake_case, and say when they arise and what to do", async () => {
    const catalogues = await collectCatalogues();
    const lacking = catalogues.flatMap(({ file, problems }) =>
      problems
        .filter(
          ({ code, when, next }) => !/^[a-z0-9]+(_[a-z0-9]+)*$/.test(code) || when === "" || next === "",
        )
        .map(({ code }) => `${file}: ${code}`),
    );
    assert.deepEqual(lacking, []);
  });
});

describe("the events in a source file", () => {
  it("are read with their data and their comments", () => {
    const source = `
      declare module "#kernel/events" {
        interface Events {
          /** The subject is the lamp. */
          "lamp.lit": {
            readonly watts: number;
            readonly by: { readonly name: string };
          };
          "lamp.out": Record<string, never>;
        }
      }
      export type Unrelated = { "not.anEvent": string };`;
    assert.deepEqual(eventsIn(source), [
      { kind: "lamp.lit", data: "{ watts: number; by: { name: string } }", says: "The subject is the lamp." },
      { kind: "lamp.out", data: "Record<string, never>", says: "" },
    ]);
  });
});
