import { hash } from "node:crypto";

import {
  assembleProgram,
  blockBytes,
  initialState,
  lanes,
  places,
  statePlace,
  stepEntries,
} from "./program.ts";

// TypeScript knows it only together with everything else of a browser.
declare const WebAssembly: {
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => {
    readonly buffer: ArrayBuffer;
  };
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> };
};
type Memory = InstanceType<(typeof WebAssembly)["Memory"]>;

/** A message in the bytes of the batch. */
export interface Message {
  readonly start: number;
  readonly length: number;
}

/**
 * Takes the digests of many small messages at once, four times as fast as one after the other. Messages are put
 * into `bytes`, between `firstByte` and its end; behind each there must be room for `paddingBytes`, which are
 * overwritten.
 */
export interface Md5Batch {
  readonly bytes: Buffer;
  readonly firstByte: number;
  /** Their digests in hexadecimal, in order. */
  digest(messages: readonly Message[]): string[];
}

/** At most so much is written behind a message. */
export const paddingBytes = blockBytes + 8;

// Below it the lanes that stand empty cost more than they save.
const fewMessages = 4;
const pageBytes = 65_536;

export function openMd5Batch(roomBytes: number): Md5Batch {
  const pages = Math.ceil((places.messages + roomBytes) / pageBytes);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const bytes = Buffer.from(memory.buffer);
  let program: Lanes | undefined;
  return {
    bytes,
    firstByte: places.messages,
    digest(messages) {
      if (messages.length < fewMessages)
        return messages.map(({ start, length }) => hash("md5", bytes.subarray(start, start + length), "hex"));
      // Putting the program together takes 3 ms, which few messages are not worth.
      program ??= openLanes(memory);
      return digestInLanes(program, messages);
    },
  };
}

interface Lanes {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  /** Goes on by so many blocks in every lane. */
  blocks(count: number): void;
}

function openLanes(memory: Memory): Lanes {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(assembleProgram()), { host: { memory } });
  const { blocks } = instance.exports;
  if (typeof blocks !== "function") throw new Error("the program of MD5 exports no blocks");
  const view = new DataView(memory.buffer);
  for (const [index, value] of stepEntries().entries()) view.setUint32(places.steps + index * 4, value, true);
  return { view, bytes: new Uint8Array(memory.buffer), blocks: (count) => void blocks(count) };
}

/** A lane whose message is at its end takes the next one, so that lengths may differ. */
function digestInLanes(program: Lanes, messages: readonly Message[]): string[] {
  const digests = Array.from<string>({ length: messages.length });
  const inLane = new Int32Array(lanes);
  const blocksLeft = new Uint32Array(lanes);
  let next = 0;
  for (;;) {
    let count = Infinity;
    for (let lane = 0; lane < lanes; lane++) {
      const message = blocksLeft[lane] === 0 ? messages[next] : undefined;
      if (message !== undefined) {
        inLane[lane] = next;
        blocksLeft[lane] = pad(program, message);
        begin(program, lane, message.start);
        next += 1;
      }
      const left = blocksLeft[lane] ?? 0;
      if (left > 0) count = Math.min(count, left);
      // An idle lane goes along over bytes that mean nothing.
      else program.view.setUint32(places.pointers + lane * 4, places.messages, true);
    }
    if (count === Infinity) return digests;
    program.blocks(count);
    for (let lane = 0; lane < lanes; lane++) {
      if (blocksLeft[lane] === 0) continue;
      blocksLeft[lane] = (blocksLeft[lane] ?? 0) - count;
      if (blocksLeft[lane] === 0) digests[inLane[lane] ?? 0] = digestOf(program, lane);
    }
  }
}

/** A one bit, zeros, and the length in bits: to whole blocks, whose number it gives (RFC 1321, 3.1 and 3.2). */
function pad({ view, bytes }: Lanes, { start, length }: Message): number {
  const blocks = Math.floor((length + 8) / blockBytes) + 1;
  const end = start + blocks * blockBytes;
  bytes[start + length] = 0x80;
  bytes.fill(0, start + length + 1, end - 8);
  view.setUint32(end - 8, (length * 8) >>> 0, true);
  view.setUint32(end - 4, Math.floor(length / 2 ** 29), true);
  return blocks;
}

function begin({ view }: Lanes, lane: number, start: number): void {
  view.setUint32(places.pointers + lane * 4, start, true);
  for (let word = 0; word < 4; word++) view.setUint32(statePlace(lane, word), initialState[word] ?? 0, true);
}

const digestBytes = Buffer.alloc(16);
const digestView = new DataView(digestBytes.buffer, digestBytes.byteOffset, digestBytes.length);

function digestOf({ view }: Lanes, lane: number): string {
  for (let word = 0; word < 4; word++)
    digestView.setUint32(word * 4, view.getUint32(statePlace(lane, word), true), true);
  return digestBytes.toString("hex");
}
