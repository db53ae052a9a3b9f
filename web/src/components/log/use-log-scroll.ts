import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import { barAt, centred, lastPage, move, placeAt, type Lines, type Place } from "./place.ts";

/**
 * Which lines are in sight, kept apart from where the bar stands: see place.ts. Follows the end while
 * asked to; scrolling up pauses that, scrolling to the end goes on.
 */
export function useLogScroll(
  scroller: RefObject<HTMLDivElement | null>,
  lines: Lines,
  viewHeight: number,
  live: boolean,
  start: Start,
): LogScroll {
  const [place, setPlace] = useState<Place>({ line: 1, above: 0 });
  const [follow, setFollow] = useState(start === "end");
  const bar = useRef(0);
  const settling = useRef<ReturnType<typeof setTimeout>>(undefined);
  const begun = useRef(false);

  const settle = useCallback(
    (at: Place) => {
      const element = scroller.current;
      if (!element) return;
      const wanted = Math.round(barAt(at, lines, viewHeight));
      if (Math.abs(wanted - element.scrollTop) < 2) return;
      bar.current = wanted;
      element.scrollTop = wanted;
      bar.current = element.scrollTop;
    },
    [scroller, lines, viewHeight],
  );
  const go = useCallback(
    (to: Place) => {
      setPlace(to);
      // The content has its new height only after this has been drawn.
      requestAnimationFrame(() => settle(to));
    },
    [settle],
  );
  const jump = useCallback(
    (line: number) => {
      setFollow(false);
      go(centred(line, lines, viewHeight));
    },
    [go, lines, viewHeight],
  );

  useLayoutEffect(() => {
    if (begun.current || lines.total === 0 || viewHeight === 0) return;
    begun.current = true;
    if (typeof start === "number") go(centred(start, lines, viewHeight));
    else if (start === "end") go(lastPage(lines, viewHeight));
  }, [go, lines, viewHeight, start]);

  useLayoutEffect(() => {
    if (follow && viewHeight > 0) go(lastPage(lines, viewHeight));
  }, [follow, go, lines, viewHeight]);

  useEffect(() => () => clearTimeout(settling.current), []);

  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    const by = element.scrollTop - bar.current;
    bar.current = element.scrollTop;
    if (Math.abs(by) < 1) return;
    const atEnd = element.scrollTop >= element.scrollHeight - element.clientHeight - 1;
    const isSmall = Math.abs(by) <= 3 * viewHeight && element.scrollTop > 0 && !atEnd;
    const next = isSmall ? move(place, by, lines, viewHeight) : placeAt(element.scrollTop, lines, viewHeight);
    setPlace(next);
    if (by < 0) setFollow(false);
    else if (atEnd && live) setFollow(true);
    clearTimeout(settling.current);
    settling.current = setTimeout(() => settle(next), 150);
  };
  return { place, follow, setFollow, go, jump, onScroll };
}

/** Where it begins: at the first line, at the end to follow it, or at a line. */
export type Start = "beginning" | "end" | number;

export interface LogScroll {
  place: Place;
  follow: boolean;
  setFollow: (on: boolean) => void;
  /** To a place, while it goes on following or not. */
  go: (to: Place) => void;
  jump: (line: number) => void;
  onScroll: () => void;
}
