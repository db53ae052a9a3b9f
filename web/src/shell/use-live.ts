import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { follow, type LiveState } from "../data/live.ts";
import { meQuery } from "../data/session.ts";
import { useRefusal } from "./who.ts";

/**
 * Follows the ledger of the project in hand while its pages are open. Whoever may not read the ledger
 * gets fresh pages now and then instead.
 */
export function useLive(project: string | undefined): LiveState {
  const queries = useQueryClient();
  const [state, setState] = useState<LiveState>("connecting");
  const isKnown = useQuery(meQuery).isSuccess;
  const refused = useRefusal(project, "audit:read") !== undefined;
  useEffect(() => {
    if (!project || !isKnown) return;
    setState("connecting");
    if (!refused) return follow(project, queries, setState);
    setState("slow");
    const timer = setInterval(() => void queries.invalidateQueries(), refreshMs);
    return () => clearInterval(timer);
  }, [project, queries, isKnown, refused]);
  return state;
}

const refreshMs = 30_000;
