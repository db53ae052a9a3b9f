import { z } from "zod";

/**
 * The run of another system in one text, `namespace/job/UUID`, as emitters of OpenLineage hand it to what they
 * start (`OPENLINEAGE_PARENT_ID`). A namespace may hold slashes, as that of a database does.
 */
export const foreignRunText = z
  .string()
  .max(2_000)
  .transform((text, context) => {
    const [, namespace, job, runId] =
      /^(.+)\/([^/]+)\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i.exec(text) ?? [];
    if (namespace !== undefined && job !== undefined && runId !== undefined) {
      return { namespace, job, runId: runId.toLowerCase() };
    }
    context.addIssue({ code: "custom", message: "a run as namespace/job/UUID" });
    return z.NEVER;
  });
