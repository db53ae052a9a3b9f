import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, bytes, count, duration, number, share, shortDigest } from "./format.ts";

test("numbers keep the digits that matter", () => {
  assert.deepEqual(
    [0, 12_480, 0.87321, 3.15159, 145.26, 0.0000123, null, Number.NaN, Infinity].map((value) =>
      number(value),
    ),
    ["0", "12,480", "0.8732", "3.15", "145.3", "1.2e-5", "–", "–", "∞"],
  );
});

test("shares are percentages", () => {
  assert.deepEqual(
    [0.8415, 1, 0, undefined].map((value) => share(value)),
    ["84.2 %", "100 %", "0 %", "–"],
  );
});

test("durations use the two largest units", () => {
  assert.deepEqual(
    [1.84, 12, 1500, 60_000, 200_000, 7_500_000, 273_600_000].map((value) => duration(value)),
    ["1.8 ms", "12 ms", "1.5 s", "1 min", "3 min 20 s", "2 h 5 min", "3 d 4 h"],
  );
});

test("moments are told from now", () => {
  const now = 1_000_000_000_000;
  assert.deepEqual(
    [now, now - 240_000, now + 3 * 86_400_000, now - 400 * 86_400_000].map((at) => ago(at, now)),
    ["just now", "4 min ago", "in 3 d", "13 months ago"],
  );
});

test("sizes, counts and digests are short", () => {
  assert.deepEqual(
    [
      bytes(12),
      bytes(2_143_216),
      count(1, "row"),
      count(12_480, "row"),
      shortDigest("sha256:0123456789abcdef"),
    ],
    ["12 B", "2.1 MB", "1 row", "12,480 rows", "0123456789ab"],
  );
});
