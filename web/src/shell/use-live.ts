import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { follow, type LiveState } from "../data/live.ts";

/** Follows the ledger of the project in hand while its pages are open. */
export function useLive(project: string | undefined): LiveState {
  const queries = useQueryClient();
  const [state, setState] = useState<LiveState>("connecting");
  useEffect(() => {
    if (!project) return;
    setState("connecting");
    return follow(project, queries, setState);
  }, [project, queries]);
  return state;
}
