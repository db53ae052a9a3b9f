import { path } from "./client.ts";
import { executionSchema } from "./executions.ts";
import { printPage } from "./listing.ts";
import type { ServerCall } from "./server-verb.ts";
import { word } from "./verb.ts";

/** Answers the question that a stage of a run asks, `approve <run> <stage>`. */
export async function answerStage(
  call: ServerCall<unknown>,
  verb: "approve" | "decline",
  body: { readonly note?: string },
): Promise<void> {
  const [execution, stage] = [word(call, 0), word(call, 1)];
  const address = path`/api/v1/projects/${call.project}/executions/${execution}/steps/${stage}/${verb}`;
  const answered = await call.client.send("POST", address, executionSchema, body);
  const said = verb === "approve" ? "Approved" : "Declined";
  printPage(call.terminal, answered, [`${said} ${stage} of ${execution}.`]);
}
