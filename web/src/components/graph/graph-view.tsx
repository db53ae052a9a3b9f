import {
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
} from "react";
import { Skeleton } from "../answers.tsx";
import { IconButton } from "../button.tsx";
import { useSize } from "../use-size.ts";
import {
  firstView,
  fitted,
  inSight,
  keepInSight,
  lookAt,
  readableZoom,
  zoomAround,
  type Camera,
} from "./camera.ts";
import { GraphCanvas } from "./graph-canvas.tsx";
import { GraphList } from "./graph-list.tsx";
import type { GraphEdge, GraphNode } from "./graph.ts";
import type { LayoutAnswer } from "./layout.ts";
import { Minimap } from "./minimap.tsx";
import { NodeCard } from "./node-card.tsx";
import { usePointer } from "./use-camera.ts";
import { useLayout } from "./use-layout.ts";
import { walk } from "./walk.ts";

export type { GraphEdge, GraphNode } from "./graph.ts";

/**
 * A directed graph of any size: a pipeline, or where something came from. It is laid out in a worker, and
 * only what is in sight is drawn. Dragging moves, two fingers or Ctrl and the wheel zoom; with the
 * keyboard, arrow keys go from node to node, + and - zoom, 0 shows the whole. The same graph stands as a
 * list, for reading aloud and where no layout was found in time.
 */
export function GraphView(props: GraphViewProps) {
  const { label, nodes, edges, selected, onSelect, focus, found, height = 420, direction = "LR" } = props;
  const [asList, setAsList] = useState(false);
  const [frame, size] = useSize<HTMLDivElement>();
  const [camera, setCamera] = useState<Camera>({ x: 0, y: 0, zoom: 1 });
  const [walked, setWalked] = useState<string>();
  const [follow, setFollow] = useState(false);
  const moved = useRef(false);
  const focusing = useRef<string>(undefined);
  const ids = useMemo(() => nodes.map((node) => node.id), [nodes]);
  const { layout, failed } = useLayout(ids, edges, direction);
  const byId = useMemo(() => new Map(nodes.map((node) => [node.id, node])), [nodes]);
  const strong = useMemo(() => strongEdges(byId, edges), [byId, edges]);
  const list = asList || failed;

  const move = (change: (before: Camera) => Camera) => {
    moved.current = true;
    setCamera(change);
  };
  const hold = usePointer(frame, (change) => {
    setFollow(false);
    move(change);
  });
  const placed = (wanted: readonly string[]) => {
    const set = new Set(wanted);
    return layout?.nodes.filter((node) => set.has(node.id)) ?? [];
  };

  useEffect(() => {
    if (layout && size.width > 0 && !moved.current) setCamera(firstView(layout, size, focus ?? selected));
    // Where the view stands first; choosing another node later does not move it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [layout, size]);
  const running = nodes.flatMap((node) => (node.state === "running" ? [node.id] : [])).join("\n");
  useEffect(() => {
    if (follow && running !== "") setCamera((before) => lookAt(placed(running.split("\n")), before, size));
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [follow, running, layout, size]);
  // One thing found, or a few close together, comes into sight by itself.
  const foundKey = found?.join("\n");
  useEffect(() => {
    if (found && found.length > 0) move((before) => lookAt(placed(found.slice(0, 1)), before, size));
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [foundKey, layout, size]);

  useEffect(() => setWalked(undefined), [selected]);

  const isFar = camera.zoom < readableZoom;
  const current = [walked, selected, focus].find((id) => id !== undefined && byId.has(id)) ?? ids[0];
  const shown = useMemo(() => {
    if (!layout) return [];
    const sight = inSight(camera, size, 60);
    return layout.nodes.filter(
      (node) =>
        node.id === current ||
        (!isFar &&
          node.x < sight.right &&
          node.x + node.width > sight.left &&
          node.y < sight.bottom &&
          node.y + node.height > sight.top),
    );
  }, [layout, camera, size, isFar, current]);

  // The node that is walked to may not have been on the page before.
  useLayoutEffect(() => {
    if (focusing.current === undefined) return;
    const name = CSS.escape(focusing.current);
    focusing.current = undefined;
    frame.current?.querySelector<HTMLElement>(`[data-node="${name}"]`)?.focus();
  });

  const zoom = (factor: number) =>
    move((before) => zoomAround(before, factor, size.width / 2, size.height / 2));
  const fit = () => layout && move(() => fitted(layout, size));
  const goTo = (id: string | undefined) => {
    const [node] = id === undefined ? [] : placed([id]);
    if (!node) return;
    setWalked(node.id);
    move((before) => keepInSight(before, node, size));
    focusing.current = node.id;
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !layout) return;
    const deed = { "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), "0": fit }[event.key];
    const target = event.target instanceof HTMLElement ? event.target.dataset["node"] : undefined;
    const next = walk(event.key, target ?? current ?? "", layout, edges, direction);
    if (!deed && next === undefined && !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    if (deed) deed();
    else goTo(next);
  };
  const onClick = (event: MouseEvent<HTMLElement>) => {
    if (!layout || !isFar || (event.target instanceof HTMLElement && event.target.closest("button"))) return;
    const box = event.currentTarget.getBoundingClientRect();
    const id = nodeAt(layout, camera, event.clientX - box.left, event.clientY - box.top);
    if (id !== undefined) onSelect?.(id);
  };

  return (
    <div className="relative">
      <div className="absolute top-2 right-2 z-10 flex rounded-lg border border-line bg-raised p-0.5">
        {!list && (
          <>
            {running !== "" && (
              <IconButton
                icon="play"
                label="Follow what runs"
                pressed={follow}
                onClick={() => setFollow(!follow)}
              />
            )}
            <IconButton icon="minus" label="Zoom out" onClick={() => zoom(0.8)} />
            <IconButton icon="plus" label="Zoom in" onClick={() => zoom(1.25)} />
            <IconButton icon="fit" label="Fit" onClick={fit} />
          </>
        )}
        <IconButton
          icon={list ? "pipeline" : "list"}
          label={list ? "Show as graph" : "Show as list"}
          onClick={() => setAsList(!asList)}
        />
      </div>
      {list ? (
        <GraphList
          label={label}
          nodes={nodes}
          edges={edges}
          onSelect={onSelect}
          selected={selected}
          height={height}
        />
      ) : (
        <div
          ref={frame}
          role="group"
          aria-label={`${label}. ${nodes.length} nodes. Arrow keys go from node to node, plus and minus zoom, 0 shows all.`}
          className="relative touch-pan-y overflow-hidden bg-sunken select-none"
          style={{ height }}
          onPointerDown={hold}
          onClick={onClick}
          onKeyDown={onKeyDown}
          onFocus={(event) => {
            event.currentTarget.scrollTo(0, 0);
            const [node] = placed([event.target.dataset["node"] ?? ""]);
            if (!node) return;
            setWalked(node.id);
            setCamera((before) => keepInSight(before, node, size));
          }}
        >
          {!layout && <Skeleton height={height} />}
          {layout && (
            <>
              <GraphCanvas
                layout={layout}
                nodes={byId}
                camera={camera}
                size={size}
                selected={selected}
                strong={strong}
              />
              <div
                className="absolute top-0 left-0 origin-top-left"
                style={{ transform: `translate(${camera.x}px, ${camera.y}px) scale(${camera.zoom})` }}
              >
                {shown.map((each) => {
                  const node = byId.get(each.id);
                  if (!node) return null;
                  return (
                    <button
                      key={node.id}
                      type="button"
                      data-node={node.id}
                      tabIndex={node.id === current ? 0 : -1}
                      aria-pressed={onSelect && !node.states ? node.id === selected : undefined}
                      aria-expanded={node.states ? false : undefined}
                      onClick={() => onSelect?.(node.id)}
                      className="absolute text-left outline-offset-3"
                      style={{ left: each.x, top: each.y, width: each.width, height: each.height }}
                    >
                      <NodeCard node={node} selected={node.id === selected} />
                    </button>
                  );
                })}
              </div>
              {isFar && (
                <p className="pointer-events-none absolute right-2 bottom-2 rounded-md bg-raised px-2 py-1 text-2xs text-soft">
                  filled: failed or running · half: succeeded · hollow: cached or not yet · zoom in for names
                </p>
              )}
              {(layout.width * camera.zoom > size.width + 8 ||
                layout.height * camera.zoom > size.height + 8) && (
                <Minimap
                  layout={layout}
                  nodes={byId}
                  camera={camera}
                  size={size}
                  onGo={(to) => move(() => to)}
                />
              )}
            </>
          )}
        </div>
      )}
    </div>
  );
}

export interface GraphViewProps {
  label: string;
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  selected?: string | undefined;
  /** Is told of a pressed node; of one that stands for several it may open it. */
  onSelect?: ((id: string) => void) | undefined;
  /** The node that must be in sight when the graph is larger than the frame; else the selected one. */
  focus?: string | undefined;
  /** Nodes that were searched for; the first comes into sight. */
  found?: readonly string[] | undefined;
  height?: number;
  direction?: "LR" | "TB";
}

/** Edges between two nodes on the strong way. */
function strongEdges(nodes: ReadonlyMap<string, GraphNode>, edges: readonly GraphEdge[]): Set<string> {
  return new Set(
    edges.flatMap(({ from, to }) =>
      nodes.get(from)?.isCritical && nodes.get(to)?.isCritical ? [`${from}→${to}`] : [],
    ),
  );
}

function nodeAt(layout: LayoutAnswer, camera: Camera, left: number, top: number): string | undefined {
  const x = (left - camera.x) / camera.zoom;
  const y = (top - camera.y) / camera.zoom;
  return layout.nodes.find(
    (node) => x >= node.x && x <= node.x + node.width && y >= node.y && y <= node.y + node.height,
  )?.id;
}
