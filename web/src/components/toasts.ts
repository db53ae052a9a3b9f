import { useSyncExternalStore } from "react";

/** A message to the reader; the shell shows it, anyone may say it. */
export interface Toast {
  readonly id: number;
  readonly tone: "good" | "bad";
  readonly text: string;
  readonly next?: string | undefined;
}

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/** Says that something was done, or was not. A failure stays until it is closed. */
export function toast(tone: Toast["tone"], text: string, next?: string): void {
  lastId += 1;
  const id = lastId;
  publish([...toasts.filter((each) => each.text !== text), { id, tone, text, next }].slice(-4));
  if (tone === "good") setTimeout(() => dismiss(id), 5000);
}

export function dismiss(id: number): void {
  publish(toasts.filter((each) => each.id !== id));
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(subscribe, () => toasts);
}

function publish(next: readonly Toast[]): void {
  toasts = next;
  for (const each of listeners) each();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
