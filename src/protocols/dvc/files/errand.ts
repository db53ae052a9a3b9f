import type { Errand } from "./hash-task.ts";
import { writeIndexFile } from "./index-file.ts";
import { publishStaged } from "./staged-objects.ts";

/** Does what can be done beside other work, in whichever thread. */
export function runErrand(errand: Errand): void {
  switch (errand.kind) {
    case "publish":
      return publishStaged(errand.folder, errand.objects);
    case "write index":
      return writeIndexFile(errand.file, errand.text);
  }
}
