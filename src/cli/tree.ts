export interface Branch {
  readonly text: string;
  readonly below?: readonly Branch[];
}

/** A tree as lines, drawn with ├─ and └─. */
export function treeLines(top: Branch): readonly string[] {
  return [top.text, ...linesBelow(top, "")];
}

function linesBelow({ below = [] }: Branch, indent: string): readonly string[] {
  return below.flatMap((branch, index) => {
    const isLast = index === below.length - 1;
    return [
      `${indent}${isLast ? "└─ " : "├─ "}${branch.text}`,
      ...linesBelow(branch, `${indent}${isLast ? "   " : "│  "}`),
    ];
  });
}
