import { useLayoutEffect, useRef } from "react";
import { useChartColours, type ChartColours } from "../charts/chart-colours.ts";
import { lookOf, type Tone } from "../states.ts";
import { inSight, readableZoom, type Camera } from "./camera.ts";
import type { GraphNode, Size } from "./graph.ts";
import type { LayoutAnswer, PlacedEdge, PlacedNode } from "./layout.ts";

/**
 * The edges in sight and, from afar, the nodes; thousands of them are one picture and no elements. While a
 * large graph is moved, its picture is moved as it is, and drawn anew when it rests: drawing 3,000 edges
 * takes longer than a frame where there is no graphics processor.
 */
export function GraphCanvas({ layout, nodes, camera, size, selected, strong }: GraphCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = useRef<{ camera: Camera; size: Size }>(undefined);
  const colours = useChartColours();
  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const draw = () => {
      drawn.current = { camera, size };
      element.style.transform = "";
      const context = prepare(element, size);
      if (!context || size.width === 0) return;
      const ratio = element.width / size.width;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, size.width, size.height);
      context.translate(camera.x, camera.y);
      context.scale(camera.zoom, camera.zoom);
      drawEdges(context, layout.edges, camera, size, colours, strong);
      if (camera.zoom < readableZoom)
        drawNodes(context, layout.nodes, nodes, camera, size, colours, selected);
    };
    const before = drawn.current;
    const isLarge = layout.nodes.length + layout.edges.length > mostAtOnce;
    if (!isLarge || before === undefined || before.size !== size) return draw();
    const scale = camera.zoom / before.camera.zoom;
    const [x, y] = [camera.x - before.camera.x * scale, camera.y - before.camera.y * scale];
    element.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    const timer = setTimeout(draw, restMs);
    return () => clearTimeout(timer);
  }, [layout, nodes, camera, size, colours, selected, strong]);
  return <canvas ref={canvas} aria-hidden="true" className="absolute inset-0 size-full origin-top-left" />;
}

const mostAtOnce = 600;
const restMs = 120;
const mostCurves = 1_000;

export interface GraphCanvasProps {
  layout: LayoutAnswer;
  nodes: ReadonlyMap<string, GraphNode>;
  camera: Camera;
  size: Size;
  selected: string | undefined;
  /** Edges drawn strongly, as `from→to`. */
  strong: ReadonlySet<string>;
}

/** Gives the canvas the resolution of the screen. */
export function prepare(canvas: HTMLCanvasElement | null, size: Size): CanvasRenderingContext2D | null {
  if (!canvas) return null;
  const ratio = globalThis.devicePixelRatio || 1;
  const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  return canvas.getContext("2d");
}

function drawEdges(
  context: CanvasRenderingContext2D,
  edges: readonly PlacedEdge[],
  camera: Camera,
  size: Size,
  colours: ChartColours,
  strong: ReadonlySet<string>,
): void {
  const sight = inSight(camera, size, 40);
  const heads = camera.zoom >= readableZoom;
  for (const isStrong of [false, true]) {
    if (isStrong && strong.size === 0) return;
    context.beginPath();
    const ends: PlacedEdge[] = [];
    for (const edge of edges) {
      if (strong.has(`${edge.from}→${edge.to}`) !== isStrong || !crosses(edge, sight)) continue;
      trace(context, edge, !isStrong && !heads && edges.length > mostCurves);
      if (heads) ends.push(edge);
    }
    context.strokeStyle = isStrong ? colours.ink : colours.control;
    // A line is never thinner than half a pixel of the screen.
    context.lineWidth = Math.max(isStrong ? 2.5 : 1.25, (isStrong ? 1.5 : 0.5) / camera.zoom);
    context.globalAlpha = isStrong || heads ? 1 : 0.6;
    context.stroke();
    context.globalAlpha = 1;
    context.fillStyle = isStrong ? colours.ink : colours.control;
    for (const edge of ends) arrowHead(context, edge);
  }
}

function crosses(edge: PlacedEdge, sight: ReturnType<typeof inSight>): boolean {
  const [first, last] = [edge.points[0], edge.points.at(-1)];
  if (!first || !last) return false;
  return (
    Math.max(first.x, last.x) >= sight.left &&
    Math.min(first.x, last.x) <= sight.right &&
    Math.max(first.y, last.y) >= sight.top - 400 &&
    Math.min(first.y, last.y) <= sight.bottom + 400
  );
}

/** A smooth line through the points; from afar, of very many, a straight one. */
function trace(context: CanvasRenderingContext2D, { points }: PlacedEdge, isStraight: boolean): void {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return;
  context.moveTo(first.x, first.y);
  if (isStraight) return context.lineTo(last.x, last.y);
  if (points.length === 4) {
    const [, a, b, end] = points;
    if (a && b && end) context.bezierCurveTo(a.x, a.y, b.x, b.y, end.x, end.y);
    return;
  }
  for (let index = 1; index < points.length - 1; index += 1) {
    const [control, following] = [points[index], points[index + 1]];
    if (!control || !following) continue;
    const isLast = index === points.length - 2;
    const end = isLast ? following : { x: (control.x + following.x) / 2, y: (control.y + following.y) / 2 };
    context.quadraticCurveTo(control.x, control.y, end.x, end.y);
  }
}

function arrowHead(context: CanvasRenderingContext2D, { points }: PlacedEdge): void {
  const [before, tip] = [points.at(-2), points.at(-1)];
  if (!before || !tip) return;
  const angle = Math.atan2(tip.y - before.y, tip.x - before.x);
  context.save();
  context.translate(tip.x, tip.y);
  context.rotate(angle);
  context.beginPath();
  context.moveTo(0, 0);
  context.lineTo(-8, -4);
  context.lineTo(-8, 4);
  context.fill();
  context.restore();
}

function drawNodes(
  context: CanvasRenderingContext2D,
  placed: readonly PlacedNode[],
  nodes: ReadonlyMap<string, GraphNode>,
  camera: Camera,
  size: Size,
  colours: ChartColours,
  selected: string | undefined,
): void {
  const sight = inSight(camera, size);
  for (const each of placed) {
    const node = nodes.get(each.id);
    if (
      !node ||
      each.x > sight.right ||
      each.x + each.width < sight.left ||
      each.y > sight.bottom ||
      each.y + each.height < sight.top
    )
      continue;
    const look = lookOf(node.state ?? "pending");
    const colour = inkOf(look.tone, colours);
    context.globalAlpha = node.isFaint ? 0.35 : 1;
    context.fillStyle = colours.panel;
    context.fillRect(each.x, each.y, each.width, each.height);
    context.lineWidth = (each.id === selected || node.isCritical ? 2.5 : 1) / camera.zoom;
    context.strokeStyle = each.id === selected ? colours.accent : node.isCritical ? colours.ink : colour;
    context.strokeRect(each.x, each.y, each.width, each.height);
    context.fillStyle = colour;
    glyph(context, look.icon, each, camera.zoom);
  }
  context.globalAlpha = 1;
}

export function inkOf(tone: Tone, colours: ChartColours): string {
  return colours[tone];
}

/** The shape of a state, so that colour is not all that tells them apart, as far as there is room for one. */
function glyph(context: CanvasRenderingContext2D, icon: string, node: PlacedNode, zoom: number): void {
  const edge = Math.min(node.height * 0.62, node.width);
  if (edge * zoom < 4) {
    // Too small for shapes: the legend beside the graph says what filled, half filled and hollow mean.
    const filled = icon === "cross" || icon === "spinner" ? 1 : icon === "check" ? 0.5 : 0;
    context.fillRect(node.x, node.y, node.width * filled, node.height);
    return;
  }
  const [x, y] = [node.x + node.width / 2, node.y + node.height / 2];
  const half = edge / 2;
  context.strokeStyle = context.fillStyle;
  context.lineWidth = edge / 7;
  context.beginPath();
  if (icon === "check") {
    context.moveTo(x - half * 0.7, y);
    context.lineTo(x - half * 0.2, y + half * 0.5);
    context.lineTo(x + half * 0.7, y - half * 0.5);
  } else if (icon === "cross") {
    context.moveTo(x - half * 0.6, y - half * 0.6);
    context.lineTo(x + half * 0.6, y + half * 0.6);
    context.moveTo(x + half * 0.6, y - half * 0.6);
    context.lineTo(x - half * 0.6, y + half * 0.6);
  } else if (icon === "cached") {
    context.moveTo(x + half * 0.2, y - half * 0.8);
    context.lineTo(x - half * 0.4, y + half * 0.1);
    context.lineTo(x + half * 0.4, y + half * 0.1);
    context.lineTo(x - half * 0.2, y + half * 0.8);
  } else if (icon === "spinner") context.arc(x, y, half * 0.6, -Math.PI / 2, Math.PI);
  else if (icon === "skip" || icon === "stop") {
    context.moveTo(x - half * 0.6, y);
    context.lineTo(x + half * 0.6, y);
  } else context.arc(x, y, half * 0.25, 0, 2 * Math.PI);
  context.stroke();
}
