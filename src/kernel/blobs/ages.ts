/**
 * How content that is used again is told from garbage. There is no lock between those who store and the one
 * who collects: they may be other processes on other machines. There is only the time at which content was
 * stored last, which every store keeps, and two rules about it:
 *
 * 1. Whoever stores content that is there already, or says that it is going to be referred to again (`renew`),
 *    makes it young again when it is older than `renewedAfterMs`. So at the moment `put` answers, content was
 *    stored at most `renewedAfterMs` ago.
 * 2. A collection takes only what was stored last before `beginning - grace`, where the beginning is the moment
 *    at which it read what is referred to; and looks at the time again just before it removes, in a way that a
 *    store in that very moment is not lost to (see the drivers).
 *
 * A reference that the collection did not see was committed after its beginning. Its content was put at most
 * `grace - renewedAfterMs` before, unless the writer took longer than that (six days by default) from the put to
 * the commit. So it was stored last within `grace` of the beginning, and stays: however long the collection
 * takes, and whatever other servers have set as their grace.
 *
 * A reference that is copied, from one table to another, needs no put: all references are read at one moment of
 * the database. Then either the row it was copied from was there at that moment, and is counted; or it was not
 * there yet, and it came from a put (or from such a copy) after the beginning, which the rule above covers; or
 * it was deleted before, and then whoever read it before and commits a copy of it later has to `renew` in
 * between. That is done where it can happen: in taking over results of steps, and artifacts as a version's files.
 */
export const renewedAfterMs = 24 * 60 * 60 * 1000;

/** With less, a writer could be overtaken; less is for stores that nobody writes to. */
export const shortestGraceMs = 2 * renewedAfterMs;

export const defaultGraceMs = 7 * 24 * 60 * 60 * 1000;

/** Times of files and objects are the system's, so they are compared with the system's clock. */
export function isYoung(storedAtMs: number, nowMs: number): boolean {
  return storedAtMs >= nowMs - renewedAfterMs;
}
