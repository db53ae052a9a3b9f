import { createHash } from "node:crypto";
import { readSync } from "node:fs";

const pieceBytes = 1 << 20;
let buffer: Buffer | undefined;

/**
 * The MD5 of DVC 2: piece by piece of a mebibyte, those that begin like a text have `\r\n` made `\n`.
 */
export function legacyDigest(file: number): string {
  const digest = createHash("md5");
  buffer ??= Buffer.allocUnsafeSlow(pieceBytes);
  for (;;) {
    let length = 0;
    while (length < pieceBytes) {
      const read = readSync(file, buffer, length, pieceBytes - length, null);
      if (read === 0) break;
      length += read;
    }
    if (length === 0) return digest.digest("hex");
    const piece = buffer.subarray(0, length);
    digest.update(isText(piece.subarray(0, 512)) ? withPlainLineEnds(piece) : piece);
  }
}

/** No zero byte, and at most three in ten that texts rarely hold. */
function isText(start: Buffer): boolean {
  if (start.length === 0) return true;
  if (start.includes(0)) return false;
  let odd = 0;
  for (const byte of start) {
    const isPrintable = byte >= 0x20 && byte <= 0x7e;
    const isSpacing = byte === 0x0b ? false : byte >= 0x08 && byte <= 0x0d;
    if (!isPrintable && !isSpacing) odd += 1;
  }
  return odd / start.length <= 0.3;
}

function withPlainLineEnds(piece: Buffer): Buffer {
  if (!piece.includes("\r\n")) return piece;
  return Buffer.from(piece.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
}
