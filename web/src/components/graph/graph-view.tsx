import {
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
} from "react";
import { IconButton } from "../button.tsx";
import { Icon, type IconName } from "../icons.tsx";
import { lookOf, toneClasses } from "../states.ts";
import { useSize } from "../use-size.ts";
import { layOut, type LayoutAnswer, type PlacedEdge } from "./layout.ts";

/**
 * A directed graph: a pipeline, or where something came from. Drag or scroll to move, the buttons
 * zoom; with the keyboard, arrow keys go from node to node along the edges and Enter opens one. The
 * same graph stands as a list, for reading aloud and for graphs too large to draw.
 */
export function GraphView({
  label,
  nodes,
  edges,
  selected,
  onSelect,
  focus,
  height = 420,
  direction = "LR",
}: GraphViewProps) {
  const [asList, setAsList] = useState(false);
  const [layout, setLayout] = useState<LayoutAnswer>();
  const [failed, setFailed] = useState(false);
  const [frame, size] = useSize<HTMLDivElement>();
  const [camera, setCamera] = useState<Camera>({ x: 0, y: 0, zoom: 1 });
  const moved = useRef(false);
  const shape = useMemo(
    () =>
      JSON.stringify({
        nodes: nodes.map((node) => ({ id: node.id, width: nodeWidth, height: nodeHeight })),
        edges: edges.map(({ from, to }) => ({ from, to })),
        direction,
      }),
    [nodes, edges, direction],
  );

  useEffect(() => {
    let current = true;
    layOut(JSON.parse(shape)).then(
      (answer) => current && setLayout(answer),
      () => current && setFailed(true),
    );
    return () => {
      current = false;
    };
  }, [shape]);

  const fitted = useMemo(
    () => (layout && size.width > 0 ? fit(layout, size, focus ?? selected) : undefined),
    // Where the view stands first; choosing another node later does not move it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [layout, size],
  );
  useEffect(() => {
    if (fitted && !moved.current) setCamera(fitted);
  }, [fitted]);

  const zoom = (factor: number) => {
    moved.current = true;
    setCamera((before) => zoomAround(before, factor, size.width / 2, size.height / 2));
  };
  const list = asList || failed;

  return (
    <div className="relative">
      <div className="absolute top-2 right-2 z-10 flex rounded-lg border border-line bg-raised p-0.5">
        {!list && (
          <>
            <IconButton icon="minus" label="Zoom out" onClick={() => zoom(1 / 1.25)} />
            <IconButton icon="plus" label="Zoom in" onClick={() => zoom(1.25)} />
            <IconButton
              icon="fit"
              label="Fit"
              onClick={() => {
                moved.current = false;
                if (fitted) setCamera(fitted);
              }}
            />
          </>
        )}
        <IconButton
          icon={list ? "pipeline" : "list"}
          label={list ? "Show as graph" : "Show as list"}
          onClick={() => setAsList(!asList)}
        />
      </div>
      {list ? (
        <GraphList label={label} nodes={nodes} edges={edges} onSelect={onSelect} selected={selected} />
      ) : (
        <div
          ref={frame}
          role="group"
          aria-label={`${label}. ${nodes.length} nodes. Arrow keys go from node to node.`}
          className="relative touch-none overflow-hidden bg-sunken [background-image:radial-gradient(var(--line)_1px,transparent_1px)] [background-size:20px_20px]"
          style={{ height }}
          onPointerDown={(event) => drag(event, camera, setCamera, () => (moved.current = true))}
          onKeyDown={(event) => layout && walk(event, layout, edges, direction)}
          onFocus={(event) => {
            if (event.currentTarget.scrollLeft !== 0) event.currentTarget.scrollLeft = 0;
            if (event.currentTarget.scrollTop !== 0) event.currentTarget.scrollTop = 0;
            const node = layout?.nodes.find((each) => each.id === event.target.dataset["node"]);
            if (node) setCamera((before) => keepInSight(before, node, size));
          }}
        >
          {layout && (
            <div
              className="absolute top-0 left-0 origin-top-left"
              style={{
                width: layout.width,
                height: layout.height,
                transform: `translate(${camera.x}px, ${camera.y}px) scale(${camera.zoom})`,
              }}
            >
              <svg
                width={layout.width}
                height={layout.height}
                aria-hidden="true"
                className="absolute inset-0 overflow-visible"
              >
                <defs>
                  <marker
                    id="arrow-head"
                    viewBox="0 0 8 8"
                    refX="7"
                    refY="4"
                    markerWidth="7"
                    markerHeight="7"
                    orient="auto"
                  >
                    <path d="M0 0.5 7 4 0 7.5z" className="fill-control" />
                  </marker>
                </defs>
                {layout.edges.map((edge) => (
                  <path
                    key={`${edge.from}→${edge.to}`}
                    d={curve(edge)}
                    fill="none"
                    strokeWidth="1.5"
                    markerEnd="url(#arrow-head)"
                    className={`stroke-control ${runsInto(nodes, edge.to) ? "flowing" : ""}`}
                  />
                ))}
              </svg>
              {layout.nodes.map((placed, index) => {
                const node = nodes.find((each) => each.id === placed.id);
                if (!node) return null;
                return (
                  <button
                    key={node.id}
                    type="button"
                    data-node={node.id}
                    tabIndex={selected ? (node.id === selected ? 0 : -1) : index === 0 ? 0 : -1}
                    aria-pressed={onSelect ? node.id === selected : undefined}
                    onClick={() => onSelect?.(node.id)}
                    className="absolute text-left outline-offset-3"
                    style={{ left: placed.x, top: placed.y, width: placed.width, height: placed.height }}
                  >
                    <NodeCard node={node} selected={node.id === selected} />
                  </button>
                );
              })}
            </div>
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
  onSelect?: ((id: string) => void) | undefined;
  /** The node that must be in sight when the graph is larger than the frame; else the selected one. */
  focus?: string | undefined;
  height?: number;
  direction?: "LR" | "TB";
}

export interface GraphNode {
  id: string;
  label: string;
  /** A word above the label: "stage", "dataset version". */
  kind?: string;
  icon?: IconName;
  state?: string;
  detail?: string;
}

export interface GraphEdge {
  from: string;
  to: string;
  label?: string;
}

interface Camera {
  x: number;
  y: number;
  zoom: number;
}

const nodeWidth = 178;
const nodeHeight = 62;

function NodeCard({ node, selected }: { node: GraphNode; selected: boolean }) {
  const look = node.state ? lookOf(node.state) : undefined;
  return (
    <span
      className={`flex h-full flex-col justify-center rounded-lg border bg-panel px-3 ${selected ? "border-accent shadow-float ring-1 ring-accent" : look && look.tone !== "idle" ? toneClasses[look.tone].line : "border-line-strong"}`}
    >
      <span className="flex items-center gap-2">
        {node.icon && <Icon name={node.icon} size={14} className="shrink-0 text-faint" />}
        <span className="min-w-0 flex-1 truncate text-sm font-medium">{node.label}</span>
        {look && (
          <span className={`shrink-0 ${toneClasses[look.tone].ink}`}>
            <Icon
              name={look.icon}
              size={14}
              strokeWidth={2}
              label={look.word}
              className={look.icon === "spinner" ? "turning" : undefined}
            />
          </span>
        )}
      </span>
      <span className="truncate text-xs text-faint">
        {[node.kind, node.detail ?? look?.word].filter(Boolean).join(" · ")}
      </span>
    </span>
  );
}

function GraphList({ label, nodes, edges, selected, onSelect }: GraphViewProps) {
  const name = new Map(nodes.map((node) => [node.id, node.label]));
  return (
    <ul aria-label={label} className="divide-y divide-line pr-14">
      {nodes.map((node): ReactNode => {
        const look = node.state ? lookOf(node.state) : undefined;
        const after = edges.filter((edge) => edge.to === node.id).map((edge) => name.get(edge.from));
        return (
          <li key={node.id}>
            <button
              type="button"
              onClick={() => onSelect?.(node.id)}
              aria-pressed={onSelect ? node.id === selected : undefined}
              className="flex w-full flex-wrap items-center gap-x-3 px-5 py-2.5 text-left text-sm -outline-offset-2 hover:bg-hover aria-pressed:bg-accent-wash"
            >
              <span className="font-medium">{node.label}</span>
              {look && (
                <span className={`inline-flex items-center gap-1 ${toneClasses[look.tone].ink}`}>
                  <Icon name={look.icon} size={14} />
                  {look.word}
                </span>
              )}
              <span className="text-faint">
                {[node.kind, node.detail, after.length > 0 ? `after ${after.join(", ")}` : undefined]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function runsInto(nodes: readonly GraphNode[], id: string): boolean {
  return nodes.some((node) => node.id === id && node.state === "running");
}

function curve({ points }: PlacedEdge): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${first.x} ${first.y}`;
  for (let index = 0; index < rest.length - 1; index += 1) {
    const control = rest[index];
    const following = rest[index + 1];
    if (!control || !following) continue;
    const last = index === rest.length - 2;
    const end = last ? following : { x: (control.x + following.x) / 2, y: (control.y + following.y) / 2 };
    path += `Q${control.x} ${control.y} ${end.x} ${end.y}`;
  }
  return path;
}

function fit(
  layout: LayoutAnswer,
  size: { width: number; height: number },
  focus: string | undefined,
): Camera {
  const zoom = Math.min(1, size.width / layout.width, size.height / layout.height);
  const readable = Math.max(0.65, zoom);
  const node = layout.nodes.find((each) => each.id === focus) ?? layout.nodes[0];
  const along = (frame: number, whole: number, centre: number) =>
    whole <= frame ? (frame - whole) / 2 : Math.min(0, Math.max(frame - whole, frame / 2 - centre));
  return {
    zoom: readable,
    x: along(size.width, layout.width * readable, ((node?.x ?? 0) + nodeWidth / 2) * readable),
    y: along(size.height, layout.height * readable, ((node?.y ?? 0) + nodeHeight / 2) * readable),
  };
}

function zoomAround(camera: Camera, factor: number, x: number, y: number): Camera {
  const zoom = Math.min(2, Math.max(0.2, camera.zoom * factor));
  const real = zoom / camera.zoom;
  return { zoom, x: x - (x - camera.x) * real, y: y - (y - camera.y) * real };
}

function keepInSight(
  camera: Camera,
  node: { x: number; y: number; width: number; height: number },
  size: { width: number; height: number },
): Camera {
  const left = node.x * camera.zoom + camera.x;
  const top = node.y * camera.zoom + camera.y;
  const right = left + node.width * camera.zoom;
  const bottom = top + node.height * camera.zoom;
  const x =
    left < 16
      ? camera.x + 16 - left
      : right > size.width - 16
        ? camera.x - (right - size.width + 16)
        : camera.x;
  const y =
    top < 16
      ? camera.y + 16 - top
      : bottom > size.height - 16
        ? camera.y - (bottom - size.height + 16)
        : camera.y;
  return { ...camera, x, y };
}

function drag(
  event: PointerEvent<HTMLElement>,
  from: Camera,
  move: (camera: Camera) => void,
  onMove: () => void,
): void {
  if (event.button !== 0) return;
  const { clientX, clientY } = event;
  const onPointerMove = (moved: globalThis.PointerEvent) => {
    if (Math.hypot(moved.clientX - clientX, moved.clientY - clientY) < 3) return;
    onMove();
    move({ ...from, x: from.x + moved.clientX - clientX, y: from.y + moved.clientY - clientY });
  };
  const end = () => {
    removeEventListener("pointermove", onPointerMove);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
  };
  addEventListener("pointermove", onPointerMove);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

/** Along the direction of the graph: to what follows or came before; across it: to the neighbour. */
function walk(
  event: KeyboardEvent,
  layout: LayoutAnswer,
  edges: readonly GraphEdge[],
  direction: "LR" | "TB",
): void {
  if (!(event.target instanceof HTMLElement)) return;
  const here = layout.nodes.find((node) => node.id === (event.target as HTMLElement).dataset["node"]);
  if (!here) return;
  const along = direction === "LR" ? ["ArrowRight", "ArrowLeft"] : ["ArrowDown", "ArrowUp"];
  const across = direction === "LR" ? ["ArrowDown", "ArrowUp"] : ["ArrowRight", "ArrowLeft"];
  const axis = direction === "LR" ? "y" : "x";
  const rank = direction === "LR" ? "x" : "y";
  let next: string | undefined;
  if (event.key === along[0]) next = edges.find((edge) => edge.from === here.id)?.to;
  else if (event.key === along[1]) next = edges.find((edge) => edge.to === here.id)?.from;
  else if (across.includes(event.key)) {
    const sign = event.key === across[0] ? 1 : -1;
    next = layout.nodes
      .filter((node) => Math.abs(node[rank] - here[rank]) < 1 && (node[axis] - here[axis]) * sign > 0)
      .sort((a, b) => (a[axis] - b[axis]) * sign)[0]?.id;
  } else return;
  event.preventDefault();
  if (!next) return;
  event.currentTarget.querySelector<HTMLElement>(`[data-node="${CSS.escape(next)}"]`)?.focus();
}
