import { Socket } from "node:net";

/**
 * A socket that sends what is written to it in one turn with one call to the system. `pg` makes one call for each
 * statement; for those that are sent without waiting for one another, and for the beginning and end of a
 * transaction, that was a sixth of the time of a search.
 */
export class GatheringSocket extends Socket {
  #isGathering = false;

  override write(
    chunk: Uint8Array | string,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    written?: (error?: Error | null) => void,
  ): boolean {
    if (!this.#isGathering) {
      this.#isGathering = true;
      this.cork();
      // Runs when all that could go on without waiting has gone on.
      process.nextTick(() => {
        this.#isGathering = false;
        this.uncork();
      });
    }
    return typeof encoding === "string"
      ? super.write(chunk, encoding, written)
      : super.write(chunk, encoding);
  }
}
