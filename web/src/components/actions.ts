import { useEffect, useSyncExternalStore } from "react";
import type { IconName } from "./icons.tsx";

/**
 * Something the reader can do, as a value: menus, keys and the command palette show the same ones.
 * `key` is one key ("r") or two in turn ("g d").
 */
export interface Action {
  readonly id: string;
  readonly label: string;
  readonly group: string;
  readonly icon?: IconName;
  readonly key?: string;
  /** More words by which the palette finds it. */
  readonly words?: string;
  readonly perform: () => void;
}

let offered: readonly (readonly Action[])[] = [];
let flat: readonly Action[] = [];
const listeners = new Set<() => void>();

/** Offers actions while the component is on the page. Keep the list stable (useMemo). */
export function useOffer(actions: readonly Action[]): void {
  useEffect(() => {
    publish([...offered, actions]);
    return () => publish(offered.filter((each) => each !== actions));
  }, [actions]);
}

/** Every action on offer, the newest page's first. */
export function useActions(): readonly Action[] {
  return useSyncExternalStore(subscribe, currentActions);
}

export function currentActions(): readonly Action[] {
  return flat;
}

function publish(next: readonly (readonly Action[])[]): void {
  offered = next;
  flat = offered.toReversed().flat();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
