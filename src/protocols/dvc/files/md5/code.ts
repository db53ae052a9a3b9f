/**
 * Code for WebAssembly, written one instruction after the other: the few of them that MD5 needs. Each method adds
 * one; operands are taken from the stack. Numbers of instructions are those of the specification, chapter 5.4.
 */
export class Code {
  readonly bytes: number[] = [];

  get(local: number): this {
    return this.#writeWith(0x20, local);
  }

  set(local: number): this {
    return this.#writeWith(0x21, local);
  }

  /** Sets a local and leaves its value on the stack. */
  tee(local: number): this {
    return this.#writeWith(0x22, local);
  }

  number(value: number): this {
    this.bytes.push(0x41);
    let rest = value;
    for (; rest < -64 || rest >= 64; rest >>= 7) this.bytes.push((rest & 127) | 128);
    return this.#write(rest & 127);
  }

  plus(): this {
    return this.#write(0x6a);
  }

  isBelow(): this {
    return this.#write(0x49);
  }

  /** The offset is added to the address on the stack. */
  loadNumber(offset: number): this {
    return this.#writeWith(0x28, 2).size(offset);
  }

  storeNumber(offset: number): this {
    return this.#writeWith(0x36, 2).size(offset);
  }

  load(offset: number): this {
    return this.#vector(0).#write(0).size(offset);
  }

  /** One word into all lanes. */
  loadSplat(offset: number): this {
    return this.#vector(9).#write(2).size(offset);
  }

  store(offset: number): this {
    return this.#vector(11).#write(0).size(offset);
  }

  /** Four words out of two vectors, which are numbered 0 to 3 and 4 to 7. */
  shuffle(first: number, second: number, third: number, fourth: number): this {
    this.#vector(13);
    for (const word of [first, second, third, fourth])
      this.bytes.push(word * 4, word * 4 + 1, word * 4 + 2, word * 4 + 3);
    return this;
  }

  not(): this {
    return this.#vector(77);
  }

  or(): this {
    return this.#vector(80);
  }

  xor(): this {
    return this.#vector(81);
  }

  /** Each bit of the first where the third has one, of the second where it has none. */
  choose(): this {
    return this.#vector(82);
  }

  shiftLeft(): this {
    return this.#vector(171);
  }

  shiftRight(): this {
    return this.#vector(173);
  }

  add(): this {
    return this.#vector(174);
  }

  /** Runs its body until the condition that the body leaves on the stack is zero. */
  repeat(body: () => void): this {
    this.#writeWith(0x03, 0x40);
    body();
    return this.#writeWith(0x0d, 0).end();
  }

  end(): this {
    return this.#write(0x0b);
  }

  /** A number without sign, as LEB128. */
  size(value: number): this {
    let rest = value;
    for (; rest >= 128; rest >>>= 7) this.bytes.push((rest & 127) | 128);
    return this.#write(rest);
  }

  name(value: string): this {
    return this.raw(value.length, ...Buffer.from(value));
  }

  /** A part of known kind, with the number of its bytes before it. */
  section(kind: number, content: Code): this {
    return this.#write(kind).size(content.bytes.length).append(content);
  }

  append(other: Code): this {
    for (const byte of other.bytes) this.bytes.push(byte);
    return this;
  }

  raw(...bytes: readonly number[]): this {
    this.bytes.push(...bytes);
    return this;
  }

  #vector(operation: number): this {
    return this.#write(0xfd).size(operation);
  }

  #write(instruction: number): this {
    this.bytes.push(instruction);
    return this;
  }

  #writeWith(instruction: number, operand: number): this {
    this.bytes.push(instruction, operand);
    return this;
  }
}
