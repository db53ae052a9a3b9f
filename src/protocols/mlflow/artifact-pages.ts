import { defineRawRoute, sendBlob } from "#kernel/http";
import type { Route } from "#kernel/http";

import { presentProblem } from "./answers.ts";
import { callerOf, ofExperiment } from "./calls.ts";
import type { TrackingParts } from "./experiments.ts";
import type { RegisteredFiles } from "./registered-files.ts";
import type { RegistryForMlflow } from "./registry-for-mlflow.ts";
import { invalid, missingParameter } from "./wire.ts";

const largestUploadBytes = 10 * 1_024 * 1_024;

export type ArtifactPageParts = TrackingParts & {
  readonly registry?: RegistryForMlflow | undefined;
  readonly registered?: RegisteredFiles | undefined;
};

/** The routes by which MLflow's own pages fetch and send single files, named by what they belong to. */
export function createArtifactPages(parts: ArtifactPageParts): readonly Route[] {
  const { tracking, commands, registry, registered } = parts;
  const shared = { tags: ["mlflow"], scope: "handler", presentProblem } as const;
  return [
    defineRawRoute({
      ...shared,
      method: ["GET", "HEAD"],
      path: "/get-artifact",
      permission: "run:read",
      summary: "Downloads a file of a run, named by run and path.",
      async handler(visit) {
        const { run_id: runId, run_uuid: runUuid, path } = visit.query;
        const id = one(runId ?? runUuid, "run_id");
        const file = one(path, "path");
        await callerOf(visit).allow(ofExperiment(await tracking.scopeOfRun(id)));
        return await sendBlob(visit.reply, { ...(await tracking.openArtifact(id, file)), fileName: file });
      },
    }),
    defineRawRoute({
      ...shared,
      method: ["GET", "HEAD"],
      path: "/ajax-api/2.0/mlflow/logged-models/:model_id/artifacts/files",
      permission: "run:read",
      summary: "Downloads a file of a logged model.",
      async handler(visit) {
        const { artifact_file_path: path } = visit.query;
        if (typeof path !== "string" || path === "") {
          throw invalid('Request must include the "artifact_file_path" query parameter.');
        }
        const owner = { model: visit.params.model_id };
        await callerOf(visit).allow(ofExperiment(await tracking.getLoggedModel(owner.model)));
        return await sendBlob(visit.reply, { ...(await tracking.openArtifact(owner, path)), fileName: path });
      },
    }),
    defineRawRoute({
      ...shared,
      method: "POST",
      path: "/ajax-api/2.0/mlflow/upload-artifact",
      permission: "run:write",
      summary: "Uploads a small file to a run.",
      async handler(visit) {
        const { run_uuid: runId, path } = visit.query;
        if (typeof runId !== "string" || runId === "") throw invalid("Request must specify run_uuid.");
        if (typeof path !== "string" || path === "") throw invalid("Request must specify path.");
        await callerOf(visit).allow(ofExperiment(await tracking.scopeOfRun(runId)));
        const announced = Number(visit.request.headers["content-length"] ?? 0);
        if (announced > largestUploadBytes) throw tooLarge();
        const bytes = limited(visit.body.iterator({ destroyOnReturn: false }));
        await commands.putArtifact(runId, path, bytes);
        void visit.reply.type("application/json");
        return "{}";
      },
    }),
    ...(registry === undefined || registered === undefined
      ? []
      : [
          defineRawRoute({
            ...shared,
            method: ["GET", "HEAD"],
            path: "/model-versions/get-artifact",
            permission: "run:read",
            summary: "Downloads a file of a model version.",
            async handler(visit) {
              const { name, version, path } = visit.query;
              const number = one(version, "version");
              if (!/^\d{1,15}$/.test(number)) throw invalid("Parameter 'version' must be an integer.");
              return await registered.sendOf(
                visit.reply,
                { name: one(name, "name"), number: Number(number), path: one(path, "path") },
                callerOf(visit),
              );
            },
          }),
        ]),
    ...["/get-artifact", "/model-versions/get-artifact"].map((path) =>
      // A tracking address that ends in a slash gives such addresses; MLflow's server sends them on as well.
      defineRawRoute({
        method: ["GET", "HEAD"],
        path: `/${path}`,
        permission: "public",
        summary: "Sends an address with a slash too many on to the right one.",
        tags: ["mlflow"],
        presentProblem,
        handler: async ({ request, reply }) => await reply.redirect((request.raw.url ?? "").slice(1), 308),
      }),
    ),
  ];
}

/** One value: a name given twice is a trick. */
function one(value: string | string[] | undefined, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  if (Array.isArray(value)) throw invalid(`Parameter '${name}' was given more than once.`);
  throw missingParameter(name);
}

async function* limited(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let sizeBytes = 0;
  for await (const chunk of source) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > largestUploadBytes) throw tooLarge();
    yield chunk;
  }
  if (sizeBytes === 0) throw invalid("Request must specify data.");
}

function tooLarge() {
  return invalid("Artifact size is too large. Max size is 10MB.");
}
