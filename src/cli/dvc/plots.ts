import { pathToFileURL } from "node:url";

import { dvcVerbs, withSession } from "#protocols/dvc";

import { DvcCallError } from "./call-error.ts";
import type { DvcCommand } from "./command.ts";
import { jsonOption } from "./shared-options.ts";

export const plotsCommand: DvcCommand = {
  name: "plots",
  says: "Commands to visualize and compare plot data: plots show [targets], plots diff [revisions], plots templates.",
  options: [
    { flags: ["--targets"], takes: "many", says: "Specific plots to visualize (diff)." },
    { flags: ["-o", "--out"], takes: "one", says: "Directory to save plots to." },
    {
      flags: ["-t", "--template"],
      takes: "one",
      says: "Special JSON or HTML schema to inject with the data.",
    },
    { flags: ["-x"], takes: "one", says: "Field name for X axis." },
    { flags: ["-y"], takes: "one", says: "Field name for Y axis." },
    { flags: ["--title"], takes: "one", says: "Plot title." },
    { flags: ["--x-label"], takes: "one", says: "X axis label." },
    { flags: ["--y-label"], takes: "one", says: "Y axis label." },
    { flags: ["--no-header"], says: "Provided CSV or TSV datafile does not have a header." },
    { flags: ["--show-vega"], says: "Show output in Vega format." },
    { flags: ["--open"], says: "Open plot file directly in the browser (its address is printed instead)." },
    jsonOption,
  ],
  targets: "some",
  targetName: "CMD",
  failureCode: 1,
  async act({ typed, here, output }) {
    const [verb, ...rest] = typed.targets;
    const { drawPlots, writePlots, plotTemplates } = await dvcVerbs.plots();
    if (verb === "templates") {
      for (const name of plotTemplates) output.print(name);
      return 0;
    }
    if (verb !== "show" && verb !== "diff")
      throw new DvcCallError(
        `argument cmd: invalid choice: '${verb ?? ""}' (choose from 'show', 'diff', 'templates')`,
      );
    const revisions = verb === "show" ? [undefined] : revisionsOf(rest);
    const settings = {
      template: typed.text("template"),
      x: typed.text("x"),
      title: typed.text("title"),
      xLabel: typed.text("x-label"),
      yLabel: typed.text("y-label"),
      header: typed.has("no-header") ? false : undefined,
    };
    const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
    return await withSession({ here, voice: output }, async (session) => {
      const plots = await drawPlots(session, {
        targets: verb === "show" ? rest : typed.texts("targets"),
        revisions,
        settings: given,
      });
      if (typed.has("json")) {
        const data = plots.map(({ id, spec, images, revisions: names }) => [
          id,
          images.length > 0
            ? images.map(({ revision, address }) => ({ type: "image", revisions: [revision], url: address }))
            : [{ type: "vega", revisions: names, content: spec }],
        ]);
        output.print(JSON.stringify(data.length === 0 ? {} : { data: Object.fromEntries(data) }));
      } else if (typed.has("show-vega")) {
        for (const { spec } of plots) if (spec !== undefined) output.print(JSON.stringify(spec));
      } else if (plots.length === 0) {
        output.warn("No plots were loaded, visualization file will not be created.");
      } else {
        const page = writePlots(session, plots, typed.text("out") ?? "dvc_plots");
        output.print(pathToFileURL(page).href);
      }
      return 0;
    });
  },
};

/** Without revisions the last commit and the work tree; one is held against the work tree. */
function revisionsOf(words: readonly string[]): readonly (string | undefined)[] {
  if (words.length === 0) return ["HEAD", undefined];
  return words.length === 1
    ? [words[0], undefined]
    : words.map((word) => (word === "workspace" ? undefined : word));
}
