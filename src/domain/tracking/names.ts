const manners = [
  "amber", "ample", "bold", "brisk", "calm", "clear", "crisp", "deft", "early", "even", "fair", "firm",
  "fleet", "fond", "glad", "grand", "keen", "kind", "lively", "lucid", "mellow", "merry", "neat", "nimble",
  "noble", "patient", "plain", "prime", "quiet", "rapid", "ready", "serene", "sharp", "solid", "spry", "steady",
  "sunny", "swift", "tidy", "vivid", "warm", "wise",
];

const things = [
  "alder", "badger", "beacon", "birch", "brook", "cedar", "comet", "crane", "dune", "falcon", "fern", "finch",
  "fjord", "fox", "glade", "harbor", "heron", "island", "ivy", "jay", "lark", "linden", "lynx", "maple",
  "marten", "meadow", "moss", "otter", "pebble", "pine", "plover", "quail", "raven", "reed", "ridge", "robin",
  "sparrow", "spruce", "swallow", "thistle", "tide", "willow", "wren",
];

/** A name for a run that was given none, made from its id: `steady-heron-417`. */
export function nameOfRun(runId: string): string {
  const seed = [0, 8, 16].map((at) => Number.parseInt(runId.slice(at, at + 8), 16) || 0);
  const [manner = 0, thing = 0, number = 0] = seed;
  return `${manners[manner % manners.length]}-${things[thing % things.length]}-${number % 1_000}`;
}
