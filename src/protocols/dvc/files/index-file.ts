import { appendFileSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const heading = "gyre stat index 1";

/** The text of an index, behind a line with its checksum; empty when there is none, or a damaged one. */
export function readIndexFile(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return "";
  }
  const end = text.indexOf("\n");
  const body = text.slice(end + 1);
  return text.slice(0, end) === `${heading} ${checksum(body)}` ? body : "";
}

export function writeIndexFile(file: string, text: string): void {
  const body = Buffer.from(text);
  const aside = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(aside, `${heading} ${checksum(body)}\n`);
    appendFileSync(aside, body);
    renameSync(aside, file);
  } catch {
    // A full disk must not end a command that has done its work.
    try {
      unlinkSync(aside);
    } catch {
      return;
    }
  }
}

/** What it takes is loaded when it is needed: 3 ms of the start of a thread that only hashes. */
function checksum(body: string | Buffer): number {
  return process.getBuiltinModule("node:zlib").crc32(body);
}
