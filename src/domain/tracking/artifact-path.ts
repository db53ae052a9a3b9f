import { posix } from "node:path";

import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";
import { limits } from "./validation.ts";

/**
 * Checks a path that a client gave for a file of a run or a model, already decoded once, and returns
 * it unchanged. Files are found by (owner, path) in the database and never in a file system, so this
 * is the second line of defence: it keeps paths that would be harmful to whoever downloads them.
 */
export function checkArtifactPath(path: string): string {
  const reason = whyRefused(path);
  if (reason === undefined) return path;
  throw new Problem(problems.artifact_path_invalid, {
    message: `Invalid path: ${JSON.stringify(path.slice(0, 200))} ${reason}.`,
  });
}

function whyRefused(path: string): string | undefined {
  if (path === "") return "is empty";
  if (path.length > 4_096) return "is longer than 4096 characters";
  if (path.startsWith("/")) return "is absolute";
  if (path.includes("\\")) return "holds a backslash";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return "holds a control character";
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(path)) return "begins with a scheme or a drive letter";
  if (/%[0-9A-Fa-f]{2}/.test(path)) return "is still percent-encoded";
  if (!path.isWellFormed()) return "is not valid Unicode";
  const segments = path.split("/");
  // Some servers in between leave away what follows a semicolon.
  if (segments.some((segment) => /^\.\.(;|$)/.test(segment))) return "leaves its folder";
  if (segments.includes(".") || segments.includes("") || posix.normalize(path) !== path) {
    return "has an empty or `.` segment";
  }
  return undefined;
}

/**
 * Checks the artifact location a client wants for an experiment. A foreign address (`s3://bucket/x`)
 * is kept as opaque text for the client that wrote it; the server never opens it. A local path is
 * refused: it would mean the server's disk to one reader and the client's to another.
 */
export function checkArtifactLocation(location: string): string {
  const refuse = (reason: string): Problem =>
    new Problem(problems.artifact_location_refused, {
      message: `Invalid artifact location ${JSON.stringify(location.slice(0, 200))}: it ${reason}.`,
    });
  if (location.length > limits.artifactLocationLength) {
    throw refuse(`is longer than the maximum length of ${limits.artifactLocationLength} characters`);
  }
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/[A-Za-z0-9]/.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined) throw refuse("is not an address with a scheme and a host or bucket");
  if (scheme === "file" || scheme.startsWith("mlflow-artifacts"))
    throw refuse("names a place the server itself would keep");
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[#?;\\\u0000-\u001f\u007f]/.test(location))
    throw refuse("holds a query, a fragment, a backslash or a control character");
  if (decodedFully(location).split(/[/\\]/).includes("..")) throw refuse("leaves its folder");
  return location;
}

function decodedFully(text: string): string {
  let current = text;
  for (let round = 0; round < 5; round++) {
    let next: string;
    try {
      next = decodeURIComponent(current);
    } catch {
      return "..";
    }
    if (next === current) return current;
    current = next;
  }
  return "..";
}
