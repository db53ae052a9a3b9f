import { z } from "zod";

import { streamBlob } from "#kernel/blobs";
import type { Blobs } from "#kernel/blobs";
import { defineRawRoute, sendBlob } from "#kernel/http";
import type { Route } from "#kernel/http";
import { checkArtifactPath } from "#tracking";

import { presentProblem } from "./answers.ts";
import { callerOf, ofExperiment, defineCall } from "./calls.ts";
import type { Call } from "./calls.ts";
import type { TrackingParts } from "./experiments.ts";
import { ownAddress } from "./own-address.ts";
import type { Permits } from "./permits.ts";
import { findPlace, registeredPlace } from "./places.ts";
import type { RegisteredFiles } from "./registered-files.ts";
import { invalid, optionalText, text } from "./wire.ts";

// The client fetches a new address for the parts that failed.
const downloadLifeMs = 15 * 60 * 1_000;

export type PresignedParts = Pick<TrackingParts, "tracking"> & {
  readonly registered?: RegisteredFiles | undefined;
  readonly blobs: Pick<Blobs, "read">;
  readonly permits: Permits;
};

/**
 * An address for the parts of a large download, as the client asks for one when it is told to
 * (`MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD`): it then fetches ranges of it, several at once.
 */
export function createPresignedRoutes(prefix: string, parts: PresignedParts): readonly Route[] {
  const { tracking, registered, blobs, permits } = parts;
  const service = `${prefix}/2.0/mlflow-artifacts/presigned`;
  return [
    defineRawRoute({
      method: "GET",
      path: `${service}/*`,
      permission: "run:read",
      scope: "handler",
      summary: "Answers an address from which a file can be fetched for a quarter of an hour, in ranges.",
      tags: ["mlflow"],
      presentProblem,
      async handler(visit) {
        checkArtifactPath(visit.params["*"]);
        const { digest, sizeBytes } = await fileAt(visit.params["*"], callerOf(visit));
        const permit = permits.give("content", [digest, String(sizeBytes)], downloadLifeMs);
        void visit.reply.type("application/json");
        return JSON.stringify({
          url: `${ownAddress(visit)}/api/2.0/mlflow-artifacts/content/${permit}`,
          headers: {},
          file_size: sizeBytes,
        });
      },
    }),
    defineRawRoute({
      method: ["GET", "HEAD"],
      path: `${prefix}/2.0/mlflow-artifacts/content/:permit`,
      permission: "public",
      summary: "Sends a file, in whole or by range; the address is the permission.",
      tags: ["mlflow"],
      presentProblem,
      async handler({ params, reply }) {
        const [digest = "", sizeBytes] = permits.check("content", params.permit);
        return await sendBlob(reply, {
          digest,
          sizeBytes: Number(sizeBytes),
          fileName: digest,
          open: (range) => streamBlob(blobs, digest, range),
        });
      },
    }),
  ];

  async function fileAt(
    path: string,
    caller: ReturnType<typeof callerOf>,
  ): Promise<{ readonly digest: string; readonly sizeBytes: number }> {
    const inVersion = registeredPlace(path);
    if (inVersion !== undefined && registered !== undefined) return await registered.find(inVersion, caller);
    const place = await findPlace(tracking, path);
    await caller.allow(place);
    return await tracking.openArtifact(place.owner, place.path);
  }
}

/** The server keeps artifacts itself, so no bucket takes an upload in its place. MLflow refuses with the same words. */
export function createPresignedCalls({ tracking }: Pick<TrackingParts, "tracking">): readonly Call[] {
  const refuse = (kind: "upload" | "download"): Call =>
    defineCall({
      method: "POST",
      path: `/mlflow/artifacts/presigned-${kind}-url`,
      permission: kind === "upload" ? "run:write" : "run:read",
      summary: `Refuses: artifacts go through this server, so there is no other place to ${kind} them.`,
      input: z.object({ run_id: optionalText, model_id: optionalText, path: text }),
      async handler({ run_id: runId = "", model_id: modelId = "", path }, caller) {
        if ((runId === "") === (modelId === "")) {
          throw invalid("Exactly one of run_id and model_id must be provided.");
        }
        checkArtifactPath(path);
        const of = runId === "" ? await tracking.getLoggedModel(modelId) : await tracking.getRun(runId);
        await caller.allow(ofExperiment(of));
        const what = kind === "upload" ? "upload" : "download";
        throw invalid(
          `Presigned ${what} is not supported for proxied artifact storage (artifact URI scheme: mlflow-artifacts). ` +
            "This endpoint requires a direct cloud storage artifact URI.",
        );
      },
    });
  return [refuse("upload"), refuse("download")];
}
