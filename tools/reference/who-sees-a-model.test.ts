import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

const read = (name: string): string => readFileSync(`docs/reference/${name}`, "utf8");

/** The groups of our own routes, each with the permissions that its reading routes ask for. */
const groups = new Map(
  read("http.md")
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split("\n", 1)[0]?.trim() ?? "", section] as const)
    .filter(([name]) => name !== "")
    .map(([name, section]) => [
      name,
      Array.from(section.matchAll(/^\| `GET .*\| (\S+) \|$/gm), ([, one]) => one),
    ]),
);

/** What the page says of each group. */
const said = Array.from(read("who-sees-a-model.md").matchAll(/^\| (`.*) \| (yes|no) \|/gm)).flatMap(
  ([, names = "", answer = ""]) =>
    Array.from(names.matchAll(/`([^`]+)`/g), ([, name = ""]) => ({ name, asks: answer === "yes" })),
);

describe("the page about who sees a model", () => {
  it("says of every group of routes, once, whether it asks model by model", () => {
    assert.deepEqual(said.map(({ name }) => name).toSorted(), [...groups.keys()].toSorted());
  });

  it("says so of none that reads by a permission of which no grant on a model speaks", () => {
    const asking = said.filter(({ name, asks }) => asks && name !== "events").map(({ name }) => name);
    const permissions = new Set(asking.flatMap((name) => groups.get(name) ?? []));
    assert.deepEqual([...permissions].toSorted(), ["audit:read", "run:read"]);
  });
});
