import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { referencePages } from "./reference/pages.ts";

// `npm run reference`: writes the pages of docs/reference that follow from the code. A test keeps them equal.

for (const { path, text } of await referencePages()) {
  mkdirSync(dirname(path), { recursive: true });
  if (textOf(path) === text) continue;
  writeFileSync(path, text);
  console.log(`wrote ${path}`);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
