import type { Terminal } from "../terminal.ts";

/** One line of what happened: what the demo ends with, as a table and as data. */
export interface Chapter {
  readonly step: string;
  /** Simulated time. */
  readonly atMs: number;
  readonly what: string;
  readonly id: string | null;
  readonly link: string | null;
}

export interface Narrator {
  /** Tells a chapter as it happens, and keeps it for the end. */
  tell(chapter: Omit<Chapter, "atMs">): void;
  /** A line between chapters, not kept. */
  aside(text: string): void;
  readonly chapters: readonly Chapter[];
}

export function createNarrator(terminal: Terminal, nowMs: () => number, url: () => string): Narrator {
  const chapters: Chapter[] = [];
  return {
    chapters,
    tell(chapter) {
      const link = chapter.link === null ? null : `${url()}${chapter.link}`;
      const told: Chapter = { ...chapter, link, atMs: nowMs() };
      chapters.push(told);
      terminal.say(
        `${terminal.paintSaid("dim", timeText(told.atMs))}  ${terminal.paintSaid("bold", told.step.padEnd(12))}  ${told.what}`,
      );
    },
    aside: (text) => terminal.say(`${" ".repeat(18)}${terminal.paintSaid("dim", text)}`),
  };
}

/** `2026-03-02 09:00`, UTC. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace("T", " ");
}
