import type { Readable } from "node:stream";

import { z } from "zod";

import { Problem } from "#kernel/errors";
import { defineRawRoute, sendBlob } from "#kernel/http";
import type { Route } from "#kernel/http";
import { checkArtifactPath } from "#tracking";
import type { Traces } from "#traces";

import { presentProblem } from "./answers.ts";
import { createArtifactPages } from "./artifact-pages.ts";
import type { ArtifactPageParts } from "./artifact-pages.ts";
import { callerOf, defineCall, ofExperiment } from "./calls.ts";
import type { Call } from "./calls.ts";
import { findPlace, registeredPlace } from "./places.ts";
import { presentEntry } from "./present.ts";
import { createMultipartRoutes } from "./multipart.ts";
import type { MultipartParts } from "./multipart.ts";
import { createPresignedCalls, createPresignedRoutes } from "./presigned.ts";
import type { PresignedParts } from "./presigned.ts";
import { problems } from "./problems.ts";
import { runIdOf, runReference } from "./runs.ts";
import { invalid, text } from "./wire.ts";

const service = "/mlflow-artifacts/artifacts";
const tags = ["mlflow"];

/** Files of runs and logged models: streamed both ways, by logical name. */
export function createArtifactCalls(
  parts: MultipartParts & PresignedParts & ArtifactPageParts & { readonly traces: Traces },
): readonly Call[] {
  const { tracking, traces, commands, registered } = parts;
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
        const place = await findPlace(tracking, visit.params["*"], traces);
        await callerOf(visit).allow(place);
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
        const place = await findPlace(tracking, visit.params["*"], traces);
        await callerOf(visit).allow(place);
        await commands.putArtifact(place.owner, place.path, bodyOf(visit));
        void visit.reply.type("application/json");
        return "{}";
      },
    }),
    defineRawRoute({
      method: "DELETE",
      path: `${prefix}/2.0${service}/*`,
      permission: "run:delete",
      scope: "handler",
      summary: "Deletes a file, or a folder with all in it.",
      tags,
      presentProblem,
      async handler(visit) {
        const path = visit.params["*"].replace(/\/$/, "");
        checkArtifactPath(path);
        const place = await findPlace(tracking, path, traces);
        await callerOf(visit).allow(place);
        await commands.deleteArtifacts({ owner: place.owner, path: place.path, actor: visit.principal.id });
        void visit.reply.type("application/json");
        return "{}";
      },
    }),
    ...createMultipartRoutes(prefix, parts),
    ...createPresignedRoutes(prefix, parts),
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
        const place = await findPlace(tracking, folder, traces);
        await caller.allow(place);
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
        await caller.allow(ofExperiment(run));
        const entries = await tracking.listArtifacts(run.id, input.path);
        return { root_uri: run.artifactRoot, files: entries.map((entry) => presentEntry(entry)) };
      },
    }),
    createArtifactPages(parts),
    ...createPresignedCalls(parts),
  ];
}

/** The body, which stays open when a disk has no room for it: the client is to read why. */
function bodyOf(visit: { readonly body: Readable }): AsyncIterable<Uint8Array> {
  return visit.body.iterator({ destroyOnReturn: false });
}

export function unknownEndpoint(method: string, url: string): Problem {
  const path = url.split("?", 1)[0] ?? "";
  return new Problem(problems.mlflow_endpoint_unknown, {
    message: `No endpoint ${method} ${path.slice(0, 200)} on this server.`,
  });
}
