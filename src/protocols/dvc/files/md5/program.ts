import { Code } from "./code.ts";

/**
 * MD5 (RFC 1321) of eight messages at a time, as a program for WebAssembly: one register of 128 bits holds the same
 * word of four messages, and two such groups take turns, because a step of MD5 waits for the one before. The idea
 * is that of minio/md5-simd.
 *
 * The program has one function, `blocks(count)`: it goes on by `count` blocks of 64 bytes in all messages. Where
 * they lie, and what has come of them so far, is in its memory, laid out as `places` says.
 */
export const lanes = 8;
const lanesPerGroup = 4;
export const blockBytes = 64;

const groups = [0, 1] as const;
const vectorBytes = 16;
const wordsPerBlock = 16;
const turnedBytes = wordsPerBlock * vectorBytes;
const stepsPerRound = 16;
const stepBytes = 8;

/** Offsets in the program's memory, in bytes. */
export const places = {
  /** For each lane where its next block begins: 32 bits. */
  pointers: 0,
  /** For each group the words A, B, C and D, each of four lanes. */
  states: 64,
  /** The blocks in work, turned: the same word of four lanes side by side. */
  turned: 256,
  /** For each step its constant, and where in `turned` its word lies. */
  steps: 1_024,
  /** Messages may lie anywhere from here on. */
  messages: 2_048,
} as const;

/** Where a word of the state of a lane lies. */
export function statePlace(lane: number, word: number): number {
  return groupState(lane >> 2) + word * vectorBytes + (lane & 3) * 4;
}

/** A, B, C and D before the first block. */
export const initialState = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;

/** What `places.steps` must hold before the first call. */
export function stepEntries(): Uint32Array {
  const entries = new Uint32Array(4 * stepsPerRound * 2);
  for (let step = 0; step < 4 * stepsPerRound; step++) {
    const round = Math.floor(step / stepsPerRound);
    const word = (wordFactors[round] ?? 0) * step + (wordOffsets[round] ?? 0);
    entries[step * 2] = Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32);
    entries[step * 2 + 1] = (word % wordsPerBlock) * vectorBytes;
  }
  return entries;
}

const wordFactors = [1, 5, 3, 7];
const wordOffsets = [0, 1, 5, 0];
const rotations = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
];

// The locals by number: the parameter, five numbers, then vectors.
const count = 0;
const entry = 1;
const pointers = [2, 3, 4, 5] as const;
const numbers = 5;
const rows = [6, 7, 8, 9] as const;
const sum = 10;
const stateOf = [
  [11, 12, 13, 14],
  [15, 16, 17, 18],
] as const;
const vectors = 13;

type Group = (typeof groups)[number];

/** The bytes of the program; it imports its memory as `host.memory`. */
export function assembleProgram(): Uint8Array<ArrayBuffer> {
  const [int32, vector] = [0x7f, 0x7b];
  const body = new Code().raw(2, numbers, int32, vectors, vector);
  body.repeat(() => {
    for (const group of groups) turnBlock(body, group);
    for (const group of groups) loadState(body, group);
    mixRounds(body);
    for (const group of groups) addState(body, group);
    body.get(count).number(-1).plus().tee(count);
  });
  body.end();
  const program = new Code()
    .raw(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
    .section(1, new Code().raw(1, 0x60, 1, int32, 0))
    .section(2, new Code().size(1).name("host").name("memory").raw(2, 0, 1))
    .section(3, new Code().raw(1, 0))
    .section(7, new Code().size(1).name("blocks").raw(0, 0))
    .section(10, new Code().size(1).size(body.bytes.length).append(body));
  return Uint8Array.from(program.bytes);
}

/** Reads a block of each of four messages and writes it as sixteen vectors of one word of each. */
function turnBlock(code: Code, group: Group): void {
  for (const [lane, pointer] of pointers.entries()) {
    const place = places.pointers + (group * lanesPerGroup + lane) * 4;
    code.number(0).loadNumber(place).set(pointer);
    code.number(0).get(pointer).number(blockBytes).plus().storeNumber(place);
  }
  const [first, second, third, fourth] = rows;
  for (let word = 0; word < wordsPerBlock; word += 4) {
    for (const [lane, row] of rows.entries())
      code
        .get(pointers[lane] ?? 0)
        .load(word * 4)
        .set(row);
    const place = turnedPlace(group) + word * vectorBytes;
    const turn = (offset: number, pair: readonly [number, number], half: readonly [number, number]): void => {
      code.number(0);
      code
        .get(first)
        .get(second)
        .shuffle(pair[0], pair[0] + 4, pair[1], pair[1] + 4);
      code
        .get(third)
        .get(fourth)
        .shuffle(pair[0], pair[0] + 4, pair[1], pair[1] + 4);
      code.shuffle(half[0], half[1], half[0] + 4, half[1] + 4).store(place + offset * vectorBytes);
    };
    turn(0, [0, 1], [0, 1]);
    turn(1, [0, 1], [2, 3]);
    turn(2, [2, 3], [0, 1]);
    turn(3, [2, 3], [2, 3]);
  }
}

function loadState(code: Code, group: Group): void {
  for (const [index, word] of stateOf[group].entries())
    code
      .number(0)
      .load(groupState(group) + index * vectorBytes)
      .set(word);
}

function addState(code: Code, group: Group): void {
  for (const [index, word] of stateOf[group].entries()) {
    const place = groupState(group) + index * vectorBytes;
    code.number(0).number(0).load(place).get(word).add().store(place);
  }
}

/** Four rounds, each a loop of four times four steps: after four steps the words stand where they stood. */
function mixRounds(code: Code): void {
  code.number(places.steps).set(entry);
  for (const [round, shifts] of rotations.entries()) {
    code.repeat(() => {
      for (const [step, shift] of shifts.entries())
        for (const group of groups) mixStep(code, { round, group, step, shift });
      code
        .get(entry)
        .number(4 * stepBytes)
        .plus()
        .tee(entry)
        .number(places.steps + (round + 1) * stepsPerRound * stepBytes)
        .isBelow();
    });
  }
}

interface Step {
  readonly round: number;
  readonly group: Group;
  /** Of four; who is `a` goes backwards with each. */
  readonly step: number;
  readonly shift: number;
}

/** `a = b + rotate(a + mix(b, c, d) + constant + word, shift)`. */
function mixStep(code: Code, { round, group, step, shift }: Step): void {
  const at = (index: number): number => stateOf[group][(index + 4 - step) % 4] ?? 0;
  const [a, b, c, d] = [at(0), at(1), at(2), at(3)];
  const place = step * stepBytes;
  code.get(a).get(entry).loadSplat(place).add();
  code
    .get(entry)
    .loadNumber(place + 4)
    .load(turnedPlace(group))
    .add();
  if (round === 0) code.get(c).get(d).get(b).choose();
  else if (round === 1) code.get(b).get(c).get(d).choose();
  else if (round === 2) code.get(b).get(c).xor().get(d).xor();
  else code.get(d).not().get(b).or().get(c).xor();
  code.add().set(sum);
  code
    .get(sum)
    .number(shift)
    .shiftLeft()
    .get(sum)
    .number(32 - shift)
    .shiftRight()
    .or();
  code.get(b).add().set(a);
}

function turnedPlace(group: number): number {
  return places.turned + group * turnedBytes;
}

function groupState(group: number): number {
  return places.states + group * 4 * vectorBytes;
}
