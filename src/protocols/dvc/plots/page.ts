import type { Plot } from "../verbs/plots.ts";

/** A page that draws plots where it is opened; the drawing library comes from the network, as on DVC's page. */
export function plotPage(plots: readonly Plot[]): string {
  const parts = plots.map(({ id, spec, images }, index) => {
    const title = `<h2>${escapeHtml(id)}</h2>`;
    if (spec === undefined) {
      const pictures = images.map(
        ({ revision, address }) =>
          `<figure><img src="${address}" alt="${escapeHtml(id)}"><figcaption>${escapeHtml(revision)}</figcaption></figure>`,
      );
      return `${title}${pictures.join("")}`;
    }
    return `${title}<div id="plot${index}"></div><script>vegaEmbed("#plot${index}", ${scriptJson(spec)});</script>`;
  });
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Plots</title>
<script src="https://cdn.jsdelivr.net/npm/vega@5"></script>
<script src="https://cdn.jsdelivr.net/npm/vega-lite@5"></script>
<script src="https://cdn.jsdelivr.net/npm/vega-embed@6"></script>
<style>body { font-family: sans-serif; margin: 2rem } figure { display: inline-block } img { max-width: 40rem }</style>
</head>
<body>
${parts.join("\n")}
</body>
</html>
`;
}

function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

function escapeHtml(text: string): string {
  const signs: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (sign) => signs[sign] ?? sign);
}
