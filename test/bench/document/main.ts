import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Row } from "../run/bench.ts";
import { describeProcessor } from "../run/machine.ts";
import { SHOWN_BENCHES, type StreamFigures } from "./figures.ts";
import { DOCUMENT_PATH, FIGURES_PATH, renderFiles } from "./render-files.ts";

// Writes the tables and plots of "With streams" in docs/performance.md from what `npm run bench -- … --json FILE` wrote,
// on the machine that it ran on.

const HELP = `usage: npm run bench:docs -- FILE [--note TEXT]

Writes "With streams" of ${DOCUMENT_PATH}, its plots and ${FIGURES_PATH} from the figures of one run:
  npm run bench -- ${SHOWN_BENCHES.join(" ")} --json FILE

  --note TEXT   what a reader must know beside the machine, such as what else ran on it`;

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { note: { type: "string", default: "" }, help: { type: "boolean", default: false } },
});
const [file] = positionals;
if (values.help || file === undefined) {
  console.log(HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  const rows = JSON.parse(
    await readFile(resolve(process.env.INIT_CWD ?? ".", file), "utf8"),
  ) as readonly Row[];
  const shown = rows.filter(({ bench }) => SHOWN_BENCHES.includes(bench));
  const figures: StreamFigures = { machine: describeProcessor(), note: values.note, rows: shown };
  const files = renderFiles(await readFile(join(ROOT, DOCUMENT_PATH), "utf8"), figures);
  for (const [path, text] of Object.entries({
    ...files,
    [FIGURES_PATH]: `${JSON.stringify(figures, null, 2)}\n`,
  })) {
    await writeFile(join(ROOT, path), text);
  }
}
