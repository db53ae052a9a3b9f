import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import { setting } from "../repository/repository.ts";
import type { Repository } from "../repository/repository.ts";

/** One object of a remote. */
export interface RemoteObject {
  /** From the remote's root, with forward slashes. */
  readonly key: string;
  readonly sizeBytes: number;
}

/**
 * A place that keeps objects by key: a folder, a bucket, a web server. Keys count from the remote's root;
 * what was put is whole or not there. Every call throws `dvc_remote_failed`.
 */
export interface Remote {
  readonly name: string;
  readonly address: string;
  /** Nothing can be put where this is true. */
  readonly isReadOnly: boolean;
  /** Where its objects lie, if that is a folder of this machine. */
  readonly folder?: string;
  /** How many calls the remote likes at a time. */
  readonly calls: number;
  has(key: string): Promise<boolean>;
  /** Undefined for what is not there; `from` and `length` for a part of it. */
  read(key: string, part?: { readonly from: number; readonly length: number }): Promise<Buffer | undefined>;
  /** Writes an object into a file; false for what is not there. */
  download(key: string, place: string): Promise<boolean>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  upload(key: string, place: string, sizeBytes: number): Promise<void>;
  /** Everything whose key begins so. */
  list(prefix: string): Promise<readonly RemoteObject[]>;
  remove(keys: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens a remote by its name in the settings, the default one without. Throws `dvc_remote_unknown`, `dvc_remote_unsupported`. */
export async function openRemote(
  repository: Repository,
  name: string | undefined,
  jobs: number | undefined,
): Promise<Remote> {
  const chosen = name ?? setting(repository.config, "core", "remote");
  if (chosen === undefined) {
    throw new Problem(problems.dvc_remote_unknown, {
      message:
        "no remote specified in the repository. Setup default remote with\n    dvc remote default <remote name>\nor use:\n    dvc push -r <remote name>",
    });
  }
  const settings = repository.config.get(`remote "${chosen}"`);
  const url = settings?.get("url");
  if (settings === undefined || url === undefined) {
    throw new Problem(problems.dvc_remote_unknown, {
      message: `remote '${chosen}' doesn't exist in the settings.`,
      data: { remote: chosen },
    });
  }
  const target = resolveReference(repository, url);
  const options = {
    name: chosen,
    address: target.url,
    settings: new Map([...target.settings, ...settings]),
    jobs,
  };
  if (target.url.startsWith("s3://")) return (await import("./s3-remote.ts")).openS3Remote(options);
  if (/^https?:\/\//.test(target.url)) return (await import("./http-remote.ts")).openHttpRemote(options);
  if (/^(file:\/\/|local:\/\/)/.test(target.url) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(target.url)) {
    return (await import("./folder-remote.ts")).openFolderRemote(options);
  }
  throw new Problem(problems.dvc_remote_unsupported, {
    message: `The remote '${chosen}' is at ${target.url}, which gyre dvc does not reach.`,
    data: { remote: chosen, url: target.url },
  });
}

export interface RemoteOptions {
  readonly name: string;
  readonly address: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly jobs: number | undefined;
}

/** `remote://other/path`: a place within another remote, with its settings. */
function resolveReference(
  repository: Repository,
  url: string,
): { readonly url: string; readonly settings: ReadonlyMap<string, string> } {
  const [, other, path] = /^remote:\/\/([^/]+)\/?(.*)$/.exec(url) ?? [];
  if (other === undefined) return { url, settings: new Map() };
  const settings = repository.config.get(`remote "${other}"`);
  const base = settings?.get("url");
  if (settings === undefined || base === undefined) {
    throw new Problem(problems.dvc_remote_unknown, {
      message: `remote '${other}', which ${url} names, doesn't exist in the settings.`,
    });
  }
  return { url: `${base.replace(/\/+$/, "")}/${path ?? ""}`, settings };
}

export function remoteFailed(
  remote: { name: string; address: string },
  what: string,
  cause?: unknown,
): Problem {
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  return new Problem(problems.dvc_remote_failed, {
    message: `The remote '${remote.name}' (${remote.address}) ${what}${reason}`,
    data: { remote: remote.name },
    cause,
  });
}
