import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import type { View } from "../router.tsx";

/** How the page is looked at, as the URL holds it, and how to change that without leaving the place. */
export function useView(): [View, (change: Change) => void] {
  const view: View = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = useCallback(
    (changed: Change) =>
      void navigate({
        to: ".",
        search: (before: Record<string, unknown>) => ({ ...before, ...changed }),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  return [view, change];
}

type Change = { [Name in keyof View]?: View[Name] | undefined };
