import { useLayoutEffect, useRef, useState, type RefObject } from "react";

/** The measured size of an element in CSS pixels; 0 × 0 before the first layout. */
export function useSize<Element extends HTMLElement>(): [
  RefObject<Element | null>,
  { width: number; height: number },
] {
  const ref = useRef<Element>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = element;
      setSize((before) => (before.width === width && before.height === height ? before : { width, height }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, size];
}
