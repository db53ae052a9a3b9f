import type { Session } from "../session.ts";
import { checkout } from "./checkout.ts";
import type { CheckoutResult } from "./checkout.ts";
import { fetchObjects } from "./fetch.ts";
import type { Fetched, FetchOptions } from "./fetch.ts";

export interface PullOptions extends FetchOptions {
  readonly isForced?: boolean;
  readonly allowsMissing?: boolean;
}

export interface Pulled extends CheckoutResult {
  readonly fetched: Fetched;
}

/** Brings tracked data from remotes into the cache, and from there into the work tree. */
export async function pull(session: Session, options: PullOptions): Promise<Pulled> {
  const fetched = await fetchObjects(session, options);
  const result = await checkout(session, {
    targets: options.targets,
    withDependencies: options.withDependencies ?? false,
    isRecursive: options.isRecursive ?? false,
    isForced: options.isForced ?? false,
    allowsMissing: options.allowsMissing ?? false,
  });
  return { ...result, fetched };
}
