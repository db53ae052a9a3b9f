import { useSyncExternalStore, type ComponentType, type ReactNode } from "react";

/** A component whose code comes when it is first wanted, not with the page. */
export type LaterComponent<Props> = ComponentType<Props> & {
  /** Begins to fetch the code, so that it is there by the time there is something to show. */
  fetch(): void;
};

/**
 * What `React.lazy` is for, without its wait: what was hidden behind a fallback of `Suspense` is shown 300 ms
 * after the fallback at the earliest (FALLBACK_THROTTLE_MS of React 19), and code comes in a tenth of that.
 * While it comes, `meanwhile` is shown. Code that cannot be had is thrown to the boundary of the page.
 */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  meanwhile: ReactNode = null,
): LaterComponent<Props> {
  const readers = new Set<() => void>();
  let state: { found?: ComponentType<Props>; failure?: unknown } = {};
  let isBegun = false;

  const settle = (next: typeof state): void => {
    state = next;
    for (const tell of readers) tell();
  };
  const fetch = (): void => {
    if (isBegun) return;
    isBegun = true;
    load().then(
      (found) => settle({ found }),
      (failure: unknown) => {
        isBegun = false;
        settle({ failure });
      },
    );
  };
  const subscribe = (tell: () => void): (() => void) => {
    readers.add(tell);
    fetch();
    return () => readers.delete(tell);
  };

  function Later(props: Props) {
    const { found: Found, failure } = useSyncExternalStore(subscribe, () => state);
    if (failure !== undefined) throw failure;
    return Found ? <Found {...props} /> : meanwhile;
  }
  return Object.assign(Later, { fetch });
}
