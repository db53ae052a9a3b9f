import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

/** How a table is looked at; lives in the URL, so that a link shows the same to everyone. */
export interface TableView {
  /** A column, `-` in front for descending. */
  sort?: string | undefined;
  /** Chosen columns, separated by commas; absent: the usual ones. */
  columns?: string | undefined;
}

/** The view in the URL and how to change it; `usual` counts where the URL is silent. */
export function useTableView(usual: TableView = {}): [TableView, (change: Partial<TableView>) => void] {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = useCallback(
    (changed: Partial<TableView>) => {
      void navigate({
        to: ".",
        search: (before: Record<string, unknown>) => ({ ...before, ...changed }),
        replace: true,
        resetScroll: false,
      });
    },
    [navigate],
  );
  return [{ sort: search.sort ?? usual.sort, columns: search.columns ?? usual.columns }, change];
}
