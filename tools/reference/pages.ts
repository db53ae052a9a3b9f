import { renderCommandLine } from "./command-line.ts";
import { renderDvc } from "./dvc.ts";
import { renderErrors } from "./errors.ts";
import { renderEvents } from "./events.ts";
import { describeApi, renderHttp } from "./http.ts";
import { renderMlflow } from "./mlflow.ts";
import { renderProjectFile, renderProjectFileSchema } from "./project-file.ts";

export interface ReferencePage {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** Every page that is generated from the code; run from the root of the repository. */
export async function referencePages(): Promise<readonly ReferencePage[]> {
  const api = await describeApi();
  return [
    { path: "docs/reference/cli.md", text: await renderCommandLine() },
    { path: "docs/reference/dvc-compatibility.md", text: renderDvc() },
    { path: "docs/reference/errors.md", text: await renderErrors() },
    { path: "docs/reference/events.md", text: renderEvents() },
    { path: "docs/reference/http.md", text: renderHttp(api) },
    { path: "docs/reference/mlflow-compatibility.md", text: await renderMlflow() },
    { path: "docs/reference/gyre-yaml.md", text: renderProjectFile() },
    { path: "docs/reference/gyre.schema.json", text: renderProjectFileSchema() },
  ];
}
