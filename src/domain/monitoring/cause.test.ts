import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { dayMs } from "#kernel/clock";
import { createRandom } from "#stats";

import { explainRise } from "./cause.ts";
import type { CauseQuestion, Group } from "./cause.ts";
import { shiftedWords } from "./vocabulary.ts";

const group = (name: string, before: [number, number], since: [number, number]): Group => ({
  name,
  before: { rows: before[0], falseNegative: before[1], falsePositive: 0 },
  since: { rows: since[0], falseNegative: since[1], falsePositive: 0 },
});

const nothingElse: Omit<CauseQuestion, "total"> = {
  onsetMs: Date.UTC(2027, 2, 4),
  costs: { falseNegative: 10, falsePositive: 1 },
  currency: "EUR",
  windowMs: dayMs,
  segments: [],
  classes: [],
  words: [],
  withWords: null,
  examples: [],
  drift: [],
  release: { number: 3, liveAtMs: Date.UTC(2027, 1, 1) },
};

describe("the cause of a rise in cost", () => {
  it("is the segment that brought it, and no segment when all brought their share", () => {
    const total = group("", [900, 90], [300, 90]);
    const alba = group("airline=Alba", [300, 30], [100, 70]);
    const others = [
      group("airline=Borea", [300, 30], [100, 10]),
      group("airline=Cirro", [300, 30], [100, 10]),
    ];
    const one = explainRise({ ...nothingElse, total, segments: [[alba, ...others]] });
    assert.deepEqual(one.ranked, [
      {
        kind: "segment",
        name: "airline=Alba",
        detail: "100% of the rise from 33% of the traffic; a prediction costs 7 EUR, before 1 EUR",
        weight: 1,
        examples: [],
      },
    ]);
    assert.equal(
      one.sentence,
      "Since 2027-03-04 a prediction costs 3 EUR, before 1 EUR; 100% of it comes from airline=Alba.",
    );

    const even = ["a", "b", "c"].map((name) => group(name, [300, 30], [100, 30]));
    const all = explainRise({ ...nothingElse, total, segments: [even] });
    assert.deepEqual(all.ranked, []);
    assert.match(all.sentence, /no single cause stands out/);
  });

  it("is the mix of classes when each class is decided as well as before", () => {
    // One in ten negatives is missed in both times; there are just four times as many of them.
    const total = group("", [1_000, 20], [1_000, 80]);
    const classes = [group("negative", [200, 20], [800, 80]), group("positive", [800, 0], [200, 0])];
    const { ranked } = explainRise({ ...nothingElse, total, classes });
    assert.deepEqual(
      ranked.map(({ kind, name, weight }) => [kind, name, weight.toFixed(6)]),
      [["class_mix", "negative", "1.000000"]],
    );
  });

  it("names the release that went live when it began", () => {
    const total = group("", [900, 90], [300, 90]);
    const release = { number: 4, liveAtMs: nothingElse.onsetMs + dayMs / 2 };
    const { ranked } = explainRise({ ...nothingElse, total, release });
    assert.deepEqual(
      ranked.map(({ kind, name }) => [kind, name]),
      [["release", "version 4"]],
    );
  });
});

describe("words that became more frequent", () => {
  it("are found, surest first, and none among thousands that did not", () => {
    const random = createRandom(3);
    const messages = { before: 2_000, since: 600 };
    const drawn = (n: number, share: number): number =>
      Array.from({ length: n }, () => random.chance(share)).filter(Boolean).length;
    const usual = Array.from({ length: 3_000 }, (_, rank) => {
      const share = 0.3 / (rank + 1);
      return {
        word: `word${rank}`,
        before: drawn(messages.before, share),
        since: drawn(messages.since, share),
      };
    }).filter(({ before, since }) => before + since >= 3);
    const shifted = [
      { word: "rebookbot", before: 0, since: 60 },
      { word: "voucher", before: 20, since: 40 },
    ];
    const words = shiftedWords([...usual, ...shifted], messages);
    assert.deepEqual(words.map(({ word }) => word).toSorted(), ["rebookbot", "voucher"]);
  });

  it("are none without messages to compare with", () => {
    assert.deepEqual(shiftedWords([{ word: "new", before: 0, since: 50 }], { before: 0, since: 100 }), []);
  });
});
