import { useNameOf } from "./who.ts";

/** Whoever did something, by name. */
export function Actor({ id }: { id: string }) {
  return <>{useNameOf()(id)}</>;
}
