import assert from "node:assert/strict";
import { test } from "node:test";
import { barAt, barHeight, centred, lastPage, lineHeight, move, placeAt, type Lines } from "./place.ts";

const view = 408;
const sixteenMillion: Lines = { total: 16_000_000, heightOf: () => lineHeight };
const wrapped: Lines = { total: 1_000, heightOf: (line) => (line % 10 === 0 ? 5 : 1) * lineHeight };

test("a log of sixteen million lines has a bar that a browser can scroll, and every part of it is reached", () => {
  assert.ok(barHeight(sixteenMillion.total, view) < 10_000_000);
  assert.deepEqual(placeAt(0, sixteenMillion, view), { line: 1, above: 0 });
  assert.deepEqual(placeAt(1e9, sixteenMillion, view), { line: 16_000_000 - 19, above: 0 });
  const middle = placeAt(barHeight(sixteenMillion.total, view) / 2, sixteenMillion, view);
  assert.ok(Math.abs(middle.line - 8_000_000) < 1_000);
});

test("moving by pixels reaches every line and comes back, also over wrapped lines", () => {
  for (const lines of [sixteenMillion, wrapped]) {
    const start = { line: 501, above: 3 };
    const there = move(start, 777, lines, view);
    assert.deepEqual(move(there, -777, lines, view), start);
  }
  assert.deepEqual(move({ line: 1, above: 0 }, 9 * lineHeight, wrapped, view), { line: 10, above: 0 });
  assert.deepEqual(move({ line: 10, above: 0 }, 5 * lineHeight, wrapped, view), { line: 11, above: 0 });
  assert.deepEqual(move({ line: 2, above: 0 }, -1e6, wrapped, view), { line: 1, above: 0 });
  assert.deepEqual(move({ line: 2, above: 0 }, 1e6, wrapped, view), lastPage(wrapped, view));
});

test("the bar stands where the place is", () => {
  for (const place of [centred(8_000_000, sixteenMillion, view), { line: 5, above: 0 }]) {
    const back = placeAt(barAt(place, sixteenMillion, view), sixteenMillion, view);
    assert.ok(Math.abs(back.line - place.line) <= 1, `${back.line} for ${place.line}`);
  }
});
