import { useEffect, useMemo, useState } from "react";
import { nodeHeight, nodeWidth, type GraphEdge } from "./graph.ts";
import { layOut, type LayoutAnswer } from "./layout.ts";

/**
 * Where the nodes stand; found anew when nodes or edges are others, not when a state changes. While a new
 * one is looked for, the old one stays.
 */
export function useLayout(
  ids: readonly string[],
  edges: readonly GraphEdge[],
  direction: "LR" | "TB",
): { layout: LayoutAnswer | undefined; failed: boolean } {
  const [layout, setLayout] = useState<LayoutAnswer>();
  const [failed, setFailed] = useState(false);
  const shape = ids.join("\n") + edges.map(({ from, to }) => `\n${from}\t${to}`).join("");
  const request = useMemo(
    () => ({
      nodes: ids.map((id) => ({ id, width: nodeWidth, height: nodeHeight })),
      edges: edges.map(({ from, to }) => ({ from, to })),
      direction,
    }),
    // The shape says all of it: a new list of the same nodes is no new graph.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [shape, direction],
  );
  useEffect(() => {
    let current = true;
    layOut(request).then(
      (answer) => current && setLayout(answer),
      () => current && setFailed(true),
    );
    return () => {
      current = false;
    };
  }, [request]);
  return { layout, failed };
}
