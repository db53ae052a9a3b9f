import { nodeHeight, nodeWidth, type Size } from "./graph.ts";
import type { LayoutAnswer, PlacedNode } from "./layout.ts";

/** Where the drawing stands in its frame: moved by x and y after having been scaled. */
export interface Camera {
  x: number;
  y: number;
  zoom: number;
}

export const smallestZoom = 0.02;
const largestZoom = 2;
/** Smaller than this, names cannot be read. */
export const readableZoom = 0.5;

/** Where the view stands first: the whole graph if it can be read so, else the part around a node. */
export function firstView(layout: LayoutAnswer, size: Size, focus: string | undefined): Camera {
  const whole = fitted(layout, size);
  if (whole.zoom >= 0.65 || layout.nodes.length > 400) return whole;
  const node = layout.nodes.find((each) => each.id === focus) ?? layout.nodes[0];
  const zoom = 0.65;
  const along = (frame: number, all: number, centre: number) =>
    all <= frame ? (frame - all) / 2 : Math.min(0, Math.max(frame - all, frame / 2 - centre));
  return {
    zoom,
    x: along(size.width, layout.width * zoom, ((node?.x ?? 0) + nodeWidth / 2) * zoom),
    y: along(size.height, layout.height * zoom, ((node?.y ?? 0) + nodeHeight / 2) * zoom),
  };
}

/** The whole graph, in the middle of the frame. */
export function fitted(area: Size, size: Size): Camera {
  const zoom = Math.max(smallestZoom, Math.min(1, size.width / area.width, size.height / area.height));
  return { zoom, x: (size.width - area.width * zoom) / 2, y: (size.height - area.height * zoom) / 2 };
}

export function zoomAround(camera: Camera, factor: number, x: number, y: number): Camera {
  const zoom = Math.min(largestZoom, Math.max(smallestZoom, camera.zoom * factor));
  const real = zoom / camera.zoom;
  return { zoom, x: x - (x - camera.x) * real, y: y - (y - camera.y) * real };
}

/** Moves as little as needed for the node to be in sight. */
export function keepInSight(camera: Camera, node: PlacedNode, size: Size): Camera {
  const edge = 16;
  const shift = (start: number, length: number, frame: number) =>
    start < edge ? edge - start : start + length > frame - edge ? frame - edge - start - length : 0;
  const { zoom } = camera;
  return {
    zoom,
    x: camera.x + shift(node.x * zoom + camera.x, node.width * zoom, size.width),
    y: camera.y + shift(node.y * zoom + camera.y, node.height * zoom, size.height),
  };
}

/** The nodes in the middle, at a size at which they can be read if they all fit so. */
export function lookAt(nodes: readonly PlacedNode[], camera: Camera, size: Size): Camera {
  if (nodes.length === 0) return camera;
  const left = Math.min(...nodes.map((node) => node.x));
  const top = Math.min(...nodes.map((node) => node.y));
  const width = Math.max(...nodes.map((node) => node.x + node.width)) - left;
  const height = Math.max(...nodes.map((node) => node.y + node.height)) - top;
  const room = Math.min((size.width - 64) / width, (size.height - 64) / height);
  const zoom = Math.max(smallestZoom, Math.min(1, room, Math.max(camera.zoom, 0.8)));
  return {
    zoom,
    x: size.width / 2 - (left + width / 2) * zoom,
    y: size.height / 2 - (top + height / 2) * zoom,
  };
}

/** What of the drawing is in sight, in its own coordinates. */
export function inSight(camera: Camera, size: Size, more = 0) {
  return {
    left: (-camera.x - more) / camera.zoom,
    top: (-camera.y - more) / camera.zoom,
    right: (size.width - camera.x + more) / camera.zoom,
    bottom: (size.height - camera.y + more) / camera.zoom,
  };
}
