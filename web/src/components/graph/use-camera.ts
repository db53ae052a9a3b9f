import { useEffect, useRef, type PointerEvent, type RefObject } from "react";
import { zoomAround, type Camera } from "./camera.ts";

type Move = (change: (before: Camera) => Camera) => void;

/**
 * Moves a drawing by pointer: dragging moves it, two fingers zoom, and so does the wheel with Ctrl or ⌘;
 * the wheel alone scrolls the page. Everything has its twin on buttons and keys.
 */
export function usePointer(frame: RefObject<HTMLElement | null>, move: Move) {
  const fingers = useRef(new Map<number, { x: number; y: number }>());
  const moving = useRef(move);
  moving.current = move;

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    // Not passive: the browser must not zoom the page itself.
    const onWheel = (event: WheelEvent) => {
      const isZoom = event.ctrlKey || event.metaKey;
      const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (!isZoom && !isSideways) return;
      event.preventDefault();
      const box = element.getBoundingClientRect();
      const by = event.deltaX || event.deltaY;
      moving.current((before) =>
        isZoom
          ? zoomAround(
              before,
              Math.exp(-event.deltaY / 240),
              event.clientX - box.left,
              event.clientY - box.top,
            )
          : { ...before, x: before.x - by },
      );
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [frame]);

  return (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    const held = fingers.current;
    held.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const { clientX, clientY, pointerId } = event;
    let hasMoved = false;
    const onMove = (moved: globalThis.PointerEvent) => {
      const last = held.get(moved.pointerId);
      if (moved.pointerId !== pointerId || !last) return;
      hasMoved ||= Math.hypot(moved.clientX - clientX, moved.clientY - clientY) >= 3;
      if (!hasMoved) return;
      const other = [...held].find(([id]) => id !== pointerId)?.[1];
      held.set(pointerId, { x: moved.clientX, y: moved.clientY });
      const [dx, dy] = [moved.clientX - last.x, moved.clientY - last.y];
      if (!other) return moving.current((before) => ({ ...before, x: before.x + dx, y: before.y + dy }));
      const box = frame.current?.getBoundingClientRect();
      const apart = Math.hypot(last.x - other.x, last.y - other.y);
      const now = Math.hypot(moved.clientX - other.x, moved.clientY - other.y);
      if (box && apart > 0)
        moving.current((before) => zoomAround(before, now / apart, other.x - box.left, other.y - box.top));
    };
    const end = (ended: globalThis.PointerEvent) => {
      if (ended.pointerId !== pointerId) return;
      held.delete(pointerId);
      removeEventListener("pointermove", onMove);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      // A drag that ends on a node is no press of it.
      if (hasMoved) addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
    };
    addEventListener("pointermove", onMove);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  };
}

function swallow(event: Event): void {
  event.stopPropagation();
  event.preventDefault();
}
