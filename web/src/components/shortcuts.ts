import { useEffect } from "react";
import { currentActions } from "./actions.ts";

const setting = "gyre.shortcuts";

/** Single-key shortcuts may disturb speech input: they can be switched off (WCAG 2.1.4). */
export function shortcutsAreOn(): boolean {
  try {
    return localStorage.getItem(setting) !== "off";
  } catch {
    return true;
  }
}

export function switchShortcuts(on: boolean): void {
  try {
    localStorage.setItem(setting, on ? "on" : "off");
  } catch {
    // Without storage they stay as they are until the page is left.
  }
}

/** Listens for the keys of the actions on offer; "g d" means g, then d within a second. */
export function useShortcutKeys(): void {
  useEffect(() => {
    let first = "";
    let firstAtMs = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === "Shift") return;
      if (!shortcutsAreOn() || isTyping(event.target) || document.querySelector("dialog[open]")) return;
      const pair = performance.now() - firstAtMs < 1000 && first ? `${first} ${event.key}` : event.key;
      const withKey = (key: string) => currentActions().find((each) => each.key === key);
      const action = withKey(pair) ?? withKey(event.key);
      first = action ? "" : event.key;
      firstAtMs = performance.now();
      if (!action) return;
      event.preventDefault();
      action.perform();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  );
}
