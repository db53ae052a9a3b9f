/**
 * Reads the binary form of protocol buffers: a message is a row of fields, each a number and a value
 * that is a whole number, 8 or 4 bytes, or a run of bytes. What a message means is its reader's matter;
 * unknown fields are skipped, as the format promises to older readers.
 */
export interface Field {
  readonly number: number;
  /** Of a whole number (varint, fixed64, fixed32): its bits, unsigned. */
  readonly whole: bigint;
  /** Of a run of bytes: texts, bytes and messages in the message. */
  readonly bytes: Uint8Array;
}

const noBytes = new Uint8Array();

/** Throws a RangeError where the bytes are no message. */
export function* readFields(message: Uint8Array): Generator<Field> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError("a number has more than ten bytes");
  };
  while (at < message.byteLength) {
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    if (number === 0) throw new RangeError("a field has the number 0");
    switch (tag % 8) {
      case 0:
        yield { number, whole: varint(), bytes: noBytes };
        break;
      case 1:
        yield { number, whole: view.getBigUint64(at, true), bytes: noBytes };
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        if (length > message.byteLength - at) throw new RangeError("a field is longer than its message");
        yield { number, whole: 0n, bytes: message.subarray(at, at + length) };
        at += length;
        break;
      }
      case 5:
        yield { number, whole: BigInt(view.getUint32(at, true)), bytes: noBytes };
        at += 4;
        break;
      default:
        throw new RangeError(`a field has the unknown wire type ${tag % 8}`);
    }
  }
}

/** Writes a field that holds a run of bytes. */
export function bytesField(number: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([writeVarint(BigInt(number * 8 + 2)), writeVarint(BigInt(bytes.length)), bytes]);
}

export function wholeField(number: number, value: bigint): Uint8Array {
  return Buffer.concat([writeVarint(BigInt(number * 8)), writeVarint(value)]);
}

function writeVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Uint8Array.of(...bytes, Number(rest));
}
