import { Problem } from "../errors.ts";
import { problems } from "./problems.ts";

/**
 * Checks a relative path that a client chose, already decoded once, and returns it unchanged. Refuses
 * what leaves its folder (absolute, `..`, drive letter), what hides it from a later reader (NUL,
 * backslash, control characters, an encoding that a second decoding would turn into one of these) and
 * empty or `.` segments, so that one file has one path.
 */
export function safePath(path: string): string {
  const reason = whyUnsafe(path) ?? hiddenReason(path);
  if (reason !== undefined) {
    throw new Problem(problems.path_unsafe, {
      message: `The path ${JSON.stringify(path)} is refused: ${reason}.`,
    });
  }
  return path;
}

/** Why a request's target (its path, still encoded) is refused, or undefined. */
export function whyTargetUnsafe(target: string): string | undefined {
  const query = target.indexOf("?");
  const path = query === -1 ? target : target.slice(0, query);
  // Most paths hold nothing that needs a closer look.
  if (/^(?:\/[A-Za-z0-9_-][\w.-]*)*$/.test(path)) return undefined;
  const decoded = decodeOnce(path);
  if (decoded === undefined) return "its percent-encoding is broken";
  if (/\0/.test(decoded)) return "it holds a NUL";
  if (/\\/.test(decoded)) return "it holds a backslash";
  if (decoded.split("/").some((segment) => segment === ".." || segment === "."))
    return "it holds a `..` or `.` segment";
  return undefined;
}

function whyUnsafe(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (path.startsWith("/")) return "it is absolute";
  if (/^[A-Za-z]:/.test(path)) return "it begins with a drive letter";
  if (path.includes("\\")) return "it holds a backslash";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(path)) return "it holds a control character";
  const segments = path.split("/");
  if (segments.includes("..")) return "it leaves its folder";
  if (segments.includes(".") || segments.includes("")) return "it has an empty or `.` segment";
  return undefined;
}

/** A second decoding by a later reader (a proxy, a bucket) must not open what the first one kept shut. */
function hiddenReason(path: string): string | undefined {
  if (!path.includes("%")) return undefined;
  const decoded = decodeOnce(path);
  if (decoded === undefined || decoded === path) return undefined;
  const changesSegments = decoded.split("/").length !== path.split("/").length;
  const reason = changesSegments ? "it hides a slash" : whyUnsafe(decoded);
  return reason === undefined ? hiddenReason(decoded) : `decoded again, ${reason}`;
}

function decodeOnce(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
