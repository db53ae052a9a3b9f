import { AsyncLocalStorage } from "node:async_hooks";

const acting = new AsyncLocalStorage<string>();

/**
 * Does the work in the name of whoever acts for the principal: every event that follows from it says so
 * beside its actor, without each module on the way having to pass it on.
 */
export function actThrough<Result>(through: string, work: () => Result): Result {
  return acting.run(through, work);
}

/** Does what merely follows, and is nobody's but its own: jobs, deliveries, whoever set them off. */
export function actAlone<Result>(work: () => Result): Result {
  return acting.exit(work);
}

/** Who acts for the principal just now; null when the principal acts without anybody between. */
export function whoActs(): string | null {
  return acting.getStore() ?? null;
}
