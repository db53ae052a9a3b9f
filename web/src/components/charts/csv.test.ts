import assert from "node:assert/strict";
import { test } from "node:test";
import { toCsv } from "./csv.ts";

test("cells are quoted where RFC 4180 asks for it, and formulas are disarmed", () => {
  assert.equal(
    toCsv([
      ["time", 'a "b"', "x,y"],
      [1, null, "=1+1"],
      [-2.5, undefined, "-x"],
    ]),
    'time,"a ""b""","x,y"\r\n1,,\'=1+1\r\n-2.5,,\'-x\r\n',
  );
});
