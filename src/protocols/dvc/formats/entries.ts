import { invalidFile } from "./invalid-file.ts";
import { isYamlList, isYamlMapping } from "./yaml-value.ts";
import type { YamlMapping, YamlValue } from "./yaml-value.ts";
import { Verbatim } from "./scalar.ts";

/** The digest of a path. Files of DVC 2 name none by `hash`: theirs is taken with line ends made alike. */
export interface PathDigest {
  readonly md5: string;
  readonly isLegacy: boolean;
}

/** What a `.dvc` file or a `dvc.lock` says of a path. */
export interface PathEntry {
  /** As it is written, from the folder of the stage. */
  readonly path: string;
  readonly digest: PathDigest | undefined;
  readonly sizeBytes: number | undefined;
  readonly files: number | undefined;
  readonly isExecutable: boolean;
  readonly raw: YamlMapping;
}

/** Reads the paths under `deps` or `outs`. Throws `dvc_file_invalid`. */
export function readEntries(file: string, value: YamlValue | undefined): readonly PathEntry[] {
  if (value === undefined || value === null) return [];
  if (!isYamlList(value)) throw invalidFile(file, "deps and outs must be lists");
  return value.map((item) => {
    if (!isYamlMapping(item) || typeof item["path"] !== "string")
      throw invalidFile(file, "an item under deps or outs has no path");
    return {
      path: item["path"],
      digest: readDigest(item),
      sizeBytes: numberOf(item["size"]),
      files: numberOf(item["nfiles"]),
      isExecutable: item["isexec"] === true,
      raw: item,
    };
  });
}

function readDigest(item: YamlMapping): PathDigest | undefined {
  const md5 = textOf(item["md5"])?.toLowerCase();
  return md5 === undefined || md5 === "" ? undefined : { md5, isLegacy: item["hash"] === undefined };
}

/** A digest of digits alone, or of digits and one `e`, is a number to YAML. */
function textOf(value: YamlValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (value instanceof Verbatim) return value.text;
  return typeof value === "bigint" ? String(value) : undefined;
}

function numberOf(value: YamlValue | undefined): number | undefined {
  return typeof value === "bigint" || typeof value === "number" ? Number(value) : undefined;
}

/** What was found at a path just now. */
export interface PathState {
  readonly md5: string;
  readonly sizeBytes: number;
  /** The number of files of a folder; undefined for a file. */
  readonly files: number | undefined;
  readonly isExecutable: boolean;
}

/** An entry of `dvc.lock`, with its keys in DVC's order. */
export function lockedEntry(path: string, state: PathState): YamlMapping {
  return {
    path,
    hash: "md5",
    md5: state.md5,
    size: BigInt(state.sizeBytes),
    ...(state.files === undefined ? {} : { nfiles: BigInt(state.files) }),
    ...(state.isExecutable && state.files === undefined ? { isexec: true } : {}),
  };
}

/** An entry of `dvc.lock` for what DVC 2 took the digest of: it names no kind of digest. */
export function legacyEntry(path: string, state: PathState): YamlMapping {
  const { hash: _kind, ...entry } = lockedEntry(path, state);
  return entry;
}

/** An entry of a `.dvc` file, with its keys in DVC's order. */
export function trackedEntry(path: string, state: PathState): YamlMapping {
  return {
    md5: state.md5,
    size: BigInt(state.sizeBytes),
    ...(state.files === undefined ? {} : { nfiles: BigInt(state.files) }),
    ...(state.isExecutable && state.files === undefined ? { isexec: true } : {}),
    hash: "md5",
    path,
  };
}
