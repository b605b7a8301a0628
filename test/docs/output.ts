/**
 * Say whether a program printed what a document says that it prints. `…` stands for any text within a line, and for
 * any lines where it stands alone. What is printed before and behind does not matter.
 */
export function matchesOutput(documented: string, printed: string): boolean {
  const lines = documented.trim().split("\n");
  const patterns = lines.map((line) =>
    line === "…" ? "[^]*?" : line.split("…").map(escapePattern).join(".*?"),
  );
  return new RegExp(patterns.join("\n")).test(printed.replaceAll("\r\n", "\n"));
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
