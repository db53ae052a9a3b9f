import { setFlagsFromString } from "node:v8";

/**
 * Leaves the part of V8's heap where objects are born as large as it is now. V8 lets it grow up to 64 MB and gives
 * nothing of it back, and a server that answers small requests is no faster for it.
 *
 * To be called once a process has started: while all that is born stays, a small one is copied over and over
 * (measured: a tenth of a start). And not by a flag of the command line, because that takes a second start of Node.
 */
export function holdYoungGeneration(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
