import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";

import { createRandom } from "#stats";
import type { Random } from "#stats";

import { openMd5Batch, paddingBytes } from "./digest-many.ts";

const roomBytes = 1_048_576;

/** The digests of texts, all in one batch. */
function digestAll(texts: readonly Buffer[]): string[] {
  const batch = openMd5Batch(roomBytes);
  let end = batch.firstByte;
  const messages = texts.map((text) => {
    const start = end;
    text.copy(batch.bytes, start);
    end += text.length + paddingBytes;
    return { start, length: text.length };
  });
  assert.ok(end <= batch.bytes.length, "the texts of a test fit into one batch");
  return batch.digest(messages);
}

const expected = (texts: readonly Buffer[]): string[] =>
  texts.map((text) => createHash("md5").update(text).digest("hex"));

describe("the digests of many messages at once", () => {
  it("are those of RFC 1321, A.5", () => {
    const suite = {
      "": "d41d8cd98f00b204e9800998ecf8427e",
      a: "0cc175b9c0f1b6a831c399e269772661",
      abc: "900150983cd24fb0d6963f7d28e17f72",
      "message digest": "f96b697d7cb7938d525a2f31aaf161d0",
      abcdefghijklmnopqrstuvwxyz: "c3fcd3d76192e4007dfb496cca67e13b",
      ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789: "d174ab98d277d9f5a5611c2c9f419d9f",
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890":
        "57edf4a22be3c955ac49da2e2107b67a",
    };
    assert.deepEqual(digestAll(Object.keys(suite).map((text) => Buffer.from(text))), Object.values(suite));
  });

  it("are OpenSSL's at every length up to three blocks, where the padding goes into one more", () => {
    const random = createRandom(1);
    const texts = Array.from({ length: 193 }, (_, length) => randomBytes(random, length));
    assert.deepEqual(digestAll(texts), expected(texts));
  });

  it("are OpenSSL's in any number and in any mixture of lengths, batch after batch", () => {
    const random = createRandom(2);
    for (let trial = 0; trial < 200; trial++) {
      const count = random.integer(40);
      const texts = Array.from({ length: count }, () =>
        randomBytes(random, Math.floor(random.uniform() ** 4 * 20_000)),
      );
      assert.deepEqual(digestAll(texts), expected(texts), `trial ${trial}`);
    }
  });

  it("leave the messages as they were", () => {
    const random = createRandom(3);
    const batch = openMd5Batch(roomBytes);
    const texts = Array.from({ length: 20 }, (_, index) => randomBytes(random, index * 37));
    const messages = texts.map((text, index) => {
      const start = batch.firstByte + index * 1_024;
      text.copy(batch.bytes, start);
      return { start, length: text.length };
    });
    batch.digest(messages);
    assert.deepEqual(
      messages.map(({ start, length }) => Buffer.from(batch.bytes.subarray(start, start + length))),
      texts,
    );
  });
});

function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.integer(256)));
}
