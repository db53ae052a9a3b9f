import { Problem } from "#kernel/errors";
import type { SourcePosition } from "#kernel/errors";

import { problems } from "../problems.ts";

/** A problem of kind `dvc_file_invalid`; without a position it points at the first line. */
export function invalidFile(
  file: string,
  reason: string,
  position: SourcePosition = { file, line: 1, column: 1 },
): Problem {
  return new Problem(problems.dvc_file_invalid, { message: `${file} cannot be read: ${reason}.`, position });
}
