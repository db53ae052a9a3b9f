import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { digestOfJson } from "#kernel/digest";
import type { Digest } from "#kernel/digest";
import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

/** Which programs make environments of conda, the quicker first. */
const makers = ["micromamba", "mamba", "conda"] as const;
type Maker = (typeof makers)[number];

/** Of the text and the platform: Python's version stands in the text, or is chosen when it is built. */
export function condaDigest(text: string): Digest {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/(^|\s)#.*$/, "").trimEnd());
  const conda = lines.filter((line) => line !== "").join("\n");
  return digestOfJson({ conda, platform: `${process.platform}-${process.arch}` });
}

/** The command that makes the environment. Throws `conda_missing`. */
export async function condaCommand(
  text: string,
  target: string,
  answers: (command: readonly string[]) => Promise<boolean>,
): Promise<readonly string[]> {
  const file = join(dirname(target), `${target.split("/").at(-1)}.yml`);
  await writeFile(file, text);
  for (const maker of makers) {
    if (await answers([maker, "--version"])) return commandOf(maker, file, target);
  }
  throw new Problem(problems.conda_missing, {
    message:
      "The environment is described by a file for conda, and none of micromamba, mamba and conda is on the PATH.",
  });
}

function commandOf(maker: Maker, file: string, target: string): readonly string[] {
  if (maker === "micromamba")
    return [maker, "create", "--yes", "--quiet", "--prefix", target, "--file", file];
  return [maker, "env", "create", "--yes", "--quiet", "--prefix", target, "--file", file];
}
