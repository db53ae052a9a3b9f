import { z } from "zod";

import { Problem } from "#kernel/errors";
import { defineRawRoute, sendBlob } from "#kernel/http";
import type { Route } from "#kernel/http";
import { checkArtifactPath } from "#tracking";

import { presentProblem } from "./answers.ts";
import { callerOf, defineCall } from "./calls.ts";
import type { Call } from "./calls.ts";
import type { TrackingParts } from "./experiments.ts";
import { findPlace, registeredPlace } from "./places.ts";
import { presentEntry } from "./present.ts";
import type { RegisteredFiles } from "./registered-files.ts";
import { problems } from "./problems.ts";
import { runIdOf, runReference } from "./runs.ts";
import { invalid, missingParameter, text } from "./wire.ts";

const service = "/mlflow-artifacts/artifacts";
const tags = ["mlflow"];

/** Files of runs and logged models: streamed both ways, by logical name. */
export function createArtifactCalls({
  tracking,
  commands,
  registered,
}: TrackingParts & { readonly registered?: RegisteredFiles | undefined }): readonly Call[] {
  const files = (prefix: string): Route[] => [
    defineRawRoute({
      method: ["GET", "HEAD"],
      path: `${prefix}/2.0${service}/*`,
      permission: "run:read",
      scope: "handler",
      summary: "Downloads a file, in whole or by range.",
      tags,
      presentProblem,
      async handler(visit) {
        checkArtifactPath(visit.params["*"]);
        const inVersion = registeredPlace(visit.params["*"]);
        if (inVersion !== undefined && registered !== undefined) {
          return await registered.send(visit.reply, inVersion, callerOf(visit));
        }
        const place = await findPlace(tracking, visit.params["*"]);
        await callerOf(visit).allow(place.project);
        const file = await tracking.openArtifact(place.owner, place.path);
        return await sendBlob(visit.reply, { ...file, fileName: place.path });
      },
    }),
    defineRawRoute({
      method: "PUT",
      path: `${prefix}/2.0${service}/*`,
      permission: "run:write",
      scope: "handler",
      summary: "Uploads a file.",
      tags,
      presentProblem,
      async handler(visit) {
        checkArtifactPath(visit.params["*"]);
        const place = await findPlace(tracking, visit.params["*"]);
        await callerOf(visit).allow(place.project);
        await commands.putArtifact(place.owner, place.path, visit.body);
        void visit.reply.type("application/json");
        return "{}";
      },
    }),
    defineRawRoute({
      method: "DELETE",
      path: `${prefix}/2.0${service}/*`,
      permission: "run:write",
      scope: "handler",
      summary: "Deletes a file, or a folder with all in it.",
      tags,
      presentProblem,
      async handler(visit) {
        const path = visit.params["*"].replace(/\/$/, "");
        checkArtifactPath(path);
        const place = await findPlace(tracking, path);
        await callerOf(visit).allow(place.project);
        await commands.deleteArtifacts({ owner: place.owner, path: place.path, actor: visit.principal.id });
        void visit.reply.type("application/json");
        return "{}";
      },
    }),
    ...["create", "complete", "abort"].map((step) =>
      defineRawRoute({
        method: "POST",
        path: `${prefix}/2.0/mlflow-artifacts/mpu/${step}/*`,
        permission: "run:write",
        summary: "Answers that multipart uploads are not offered; clients then upload in one piece.",
        tags,
        presentProblem: () => ({
          status: 501,
          headers: { "content-type": "application/json" },
          body: {
            error_code: "NOT_IMPLEMENTED",
            message: "Multipart upload is not supported for the current artifact repository",
          },
        }),
        async handler(visit) {
          throw unknownEndpoint(visit.request.method, visit.request.url);
        },
      }),
    ),
  ];

  return [
    [...files("/api"), ...files("/ajax-api")],
    defineCall({
      method: "GET",
      path: service,
      permission: "run:read",
      summary: "Lists a folder; answers names relative to it.",
      input: z.object({ path: text.default("") }),
      async handler({ path }, caller) {
        if (path === "") throw invalid("Invalid path: name the folder of a run or of a logged model.");
        const folder = path.replace(/\/$/, "");
        checkArtifactPath(folder);
        const inVersion = registeredPlace(folder);
        if (inVersion !== undefined && registered !== undefined) {
          const entries = await registered.list(inVersion, caller);
          return { files: entries.map((entry) => presentEntry(entry, inVersion.path)) };
        }
        const place = await findPlace(tracking, folder);
        await caller.allow(place.project);
        const entries = await tracking.listArtifacts(place.owner, place.path);
        return { files: entries.map((entry) => presentEntry(entry, place.path)) };
      },
    }),
    defineCall({
      method: "GET",
      path: "/mlflow/artifacts/list",
      permission: "run:read",
      summary: "Lists a folder of a run's files.",
      input: runReference.extend({ path: text.default("") }),
      async handler(input, caller) {
        const run = await tracking.getRun(runIdOf(input));
        await caller.allow(run.project);
        const entries = await tracking.listArtifacts(run.id, input.path);
        return { root_uri: run.artifactRoot, files: entries.map((entry) => presentEntry(entry)) };
      },
    }),
    [
      defineRawRoute({
        method: ["GET", "HEAD"],
        path: "/get-artifact",
        permission: "run:read",
        scope: "handler",
        summary: "Downloads a file of a run, named by run and path.",
        tags,
        presentProblem,
        async handler(visit) {
          const { run_id: runId, run_uuid: runUuid, path } = visit.query;
          const id = runId ?? runUuid;
          if (typeof id !== "string" || id === "") throw missingParameter("run_id");
          if (typeof path !== "string" || path === "") throw missingParameter("path");
          await callerOf(visit).allow(await tracking.projectOfRun(id));
          const file = await tracking.openArtifact(id, path);
          return await sendBlob(visit.reply, { ...file, fileName: path });
        },
      }),
    ],
  ];
}

export function unknownEndpoint(method: string, url: string): Problem {
  const path = url.split("?", 1)[0] ?? "";
  return new Problem(problems.mlflow_endpoint_unknown, {
    message: `No endpoint ${method} ${path.slice(0, 200)} on this server.`,
  });
}
