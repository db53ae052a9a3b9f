import { useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

/**
 * After a change of page: names it to a screen reader, titles the tab, and moves the focus to the
 * heading, so that the keyboard continues where the eye is.
 */
export function RouteAnnouncer() {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const [said, setSaid] = useState("");
  const first = useRef(true);
  useEffect(() => {
    if (!path) return;
    let tries = 0;
    const announce = () => {
      const heading = document.querySelector<HTMLElement>("main [data-page-title]");
      if (!heading && tries < 40) {
        tries += 1;
        timer = setTimeout(announce, 50);
        return;
      }
      const title = heading?.textContent ?? "Gyre";
      document.title = title === "Gyre" ? title : `${title} · Gyre`;
      if (first.current) {
        first.current = false;
        return;
      }
      setSaid(title);
      heading?.focus({ preventScroll: true });
    };
    let timer = setTimeout(announce, 30);
    return () => clearTimeout(timer);
  }, [path]);
  return (
    <p aria-live="polite" className="sr-only">
      {said}
    </p>
  );
}
