import { useEffect, useRef, type PointerEvent } from "react";
import { useChartColours } from "../charts/chart-colours.ts";
import { lookOf } from "../states.ts";
import { inSight, type Camera } from "./camera.ts";
import { inkOf, prepare } from "./graph-canvas.tsx";
import type { GraphNode, Size } from "./graph.ts";
import type { LayoutAnswer } from "./layout.ts";

const most = { width: 168, height: 96 };

/** The whole graph in a corner, with what is in sight; pressing or dragging goes there. Keys have the arrows. */
export function Minimap({ layout, nodes, camera, size, onGo }: MinimapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useChartColours();
  const scale = Math.min(most.width / layout.width, most.height / layout.height);
  const width = Math.max(24, layout.width * scale);
  const height = Math.max(16, layout.height * scale);

  useEffect(() => {
    const context = prepare(canvas.current, { width, height });
    if (!context) return;
    const ratio = context.canvas.width / width;
    context.setTransform(ratio * scale, 0, 0, ratio * scale, 0, 0);
    context.clearRect(0, 0, layout.width, layout.height);
    for (const each of layout.nodes) {
      const node = nodes.get(each.id);
      context.fillStyle = inkOf(lookOf(node?.state ?? "pending").tone, colours);
      context.globalAlpha = node?.state === "failed" || node?.state === "running" ? 1 : 0.45;
      context.fillRect(each.x, each.y, Math.max(each.width, 1 / scale), Math.max(each.height, 1 / scale));
    }
  }, [layout, nodes, colours, scale, width, height]);

  const sight = inSight(camera, size);
  const left = Math.max(0, sight.left * scale);
  const top = Math.max(0, sight.top * scale);
  const go = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = (event.clientX - box.left) / scale;
    const y = (event.clientY - box.top) / scale;
    onGo({
      ...camera,
      x: size.width / 2 - x * camera.zoom,
      y: size.height / 2 - y * camera.zoom,
    });
  };
  return (
    <div
      aria-hidden="true"
      className="absolute bottom-2 left-2 overflow-hidden rounded-md border border-line-strong bg-raised max-sm:hidden"
      style={{ width: width + 2, height: height + 2 }}
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
        go(event);
      }}
      onPointerMove={(event) => event.buttons === 1 && go(event)}
    >
      <canvas ref={canvas} style={{ width, height }} className="block" />
      <span
        className="pointer-events-none absolute border-2 border-accent"
        style={{
          left,
          top,
          width: Math.max(4, Math.min(width, sight.right * scale) - left),
          height: Math.max(4, Math.min(height, sight.bottom * scale) - top),
        }}
      />
    </div>
  );
}

export interface MinimapProps {
  layout: LayoutAnswer;
  nodes: ReadonlyMap<string, GraphNode>;
  camera: Camera;
  size: Size;
  onGo: (camera: Camera) => void;
}
