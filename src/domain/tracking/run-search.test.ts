import assert from "node:assert/strict";
import { it } from "node:test";

import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import { createRandom } from "#stats";

import { createTracking, migrations } from "./index.ts";

const actor = "usr_ada";
const count = 160;

interface Made {
  readonly name: string;
  readonly startedAtMs: number;
  readonly id: string;
  /** Undefined when it was never logged. */
  readonly auc: number | undefined;
  readonly colour: string;
  readonly team: string;
}

describeOnEveryEngine("searching runs page by page", (open) => {
  const walk = async () => {
    const kernel = await createTestKernel({ db: await open(), migrations });
    const { commands, searchRuns } = createTracking({ ...kernel, isProject: async () => false });
    const { id: experimentId } = await commands.createExperiment({ name: "many", actor });
    const random = createRandom("pages");
    const made: Made[] = [];
    for (let number = 0; number < count; number++) {
      const auc = random.chance(0.2)
        ? undefined
        : random.chance(0.1)
          ? Number.NaN
          : Math.round(random.uniform() * 10) / 10 - 0.5;
      const startedAtMs = 1_000 + Math.floor(random.uniform() * 40);
      const [colour, team] = [random.chance(0.3) ? "red" : "blue", random.chance(0.9) ? "care" : "sales"];
      const { id, name } = await commands.createRun({ experimentId, actor, startedAtMs });
      await commands.logBatch({
        runId: id,
        metrics: auc === undefined ? [] : [{ key: "auc", value: auc, atMs: 1, step: 0 }],
        params: [{ key: "colour", value: colour }],
        tags: [{ key: "team", value: team }],
      });
      made.push({ id, name, startedAtMs, auc, colour, team });
    }
    const pages = async (filter: string, orderBy: string): Promise<string[]> => {
      const ids: string[] = [];
      let pageToken: string | undefined;
      do {
        const search = { experimentIds: [experimentId], filter, orderBy: [orderBy], limit: 7, pageToken };
        const page = await searchRuns(search);
        ids.push(...page.items.map((run) => run.id));
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);
      return ids;
    };
    const expected = (isWanted: (run: Made) => boolean, direction: 1 | -1): string[] =>
      made
        .filter(isWanted)
        .toSorted(
          (a, b) =>
            rankOf(a) - rankOf(b) ||
            direction * ((a.auc || 0) - (b.auc || 0)) ||
            b.startedAtMs - a.startedAtMs ||
            (a.id < b.id ? -1 : 1),
        )
        .map((run) => run.id);
    return { pages, expected };
  };

  it("gives every run once and in order, whichever way the runs are found", async () => {
    const { pages, expected } = await walk();
    const filters: [filter: string, isWanted: (run: Made) => boolean][] = [
      ["", () => true],
      // Many match and no index answers it: read in the order of the metric.
      ["tags.team LIKE 'ca%'", ({ team }) => team === "care"],
      // An index knows the few that match.
      ["params.colour = 'red'", ({ colour }) => colour === "red"],
      ["metrics.auc > 0.2 and tags.team = 'care'", ({ auc, team }) => (auc ?? 0) > 0.2 && team === "care"],
      // Few match, and no index says so: all are tested.
      [
        "tags.team LIKE 'sal%' and params.colour LIKE 'r%'",
        (run) => run.team === "sales" && run.colour === "red",
      ],
      ["params.colour = 'green'", () => false],
      ["metrics.auc < 0", ({ auc }) => auc !== undefined && auc < 0],
    ];
    for (const [filter, isWanted] of filters) {
      for (const [word, direction] of [
        ["ASC", 1],
        ["DESC", -1],
      ] as const) {
        assert.deepEqual(
          await pages(filter, `metrics.auc ${word}`),
          expected(isWanted, direction),
          `${filter} ${word}`,
        );
      }
    }
  });

  it("finds what came after the runs of a search were counted, in whatever way that count made it go", async () => {
    const kernel = await createTestKernel({ db: await open(), migrations });
    const { commands, searchRuns } = createTracking({ ...kernel, isProject: async () => false });
    const search = { experimentIds: ["0"], filter: "params.colour = 'red'", limit: 10 };
    const orders = [["metrics.auc DESC"], ["start_time ASC"]];
    const namesOf = async () =>
      await Promise.all(
        orders.map(async (orderBy) =>
          (await searchRuns({ ...search, orderBy })).items.map(({ name }) => name),
        ),
      );
    assert.deepEqual(await namesOf(), [[], []]);
    for (const [name, auc] of [
      ["first", 0.1],
      ["second", 0.2],
    ] as const) {
      const { id } = await commands.createRun({ experimentId: "0", actor, name, startedAtMs: auc * 10 });
      await commands.logBatch({
        runId: id,
        metrics: [{ key: "auc", value: auc, atMs: 1, step: 0 }],
        params: [{ key: "colour", value: "red" }],
      });
    }
    assert.deepEqual(await namesOf(), [
      ["second", "first"],
      ["first", "second"],
    ]);
  });

  it("keeps and finds long values that no index has room for", async () => {
    const kernel = await createTestKernel({ db: await open(), migrations });
    const { commands, searchRuns } = createTracking({ ...kernel, isProject: async () => false });
    const random = createRandom("long");
    const long = Array.from({ length: 6_000 }, () => Math.floor(random.uniform() * 36).toString(36)).join("");
    const other = `${long.slice(0, -1)}-`;
    for (const value of [long, other]) {
      const run = await commands.createRun({
        experimentId: "0",
        actor,
        startedAtMs: 1,
        name: value.slice(-3),
      });
      const pair = [{ key: "long", value }];
      await commands.logBatch({ runId: run.id, params: pair, tags: pair });
    }
    for (const kind of ["params", "tags"]) {
      const { items } = await searchRuns({
        experimentIds: ["0"],
        filter: `${kind}.long = '${long}'`,
        limit: 10,
      });
      assert.deepEqual(
        items.map((run) => run.name),
        [long.slice(-3)],
      );
    }
  });
});

/** Values, then NaN, then none. */
function rankOf({ auc }: Made): number {
  return auc === undefined ? 2 : Number.isNaN(auc) ? 1 : 0;
}
