import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Row } from "../run/bench.ts";
import { describeProcessor } from "../run/machine.ts";
import { SHOWN_BENCHES } from "./figures.ts";
import { DOCUMENT_PATH, FIGURES_PATH, renderFiles } from "./render-files.ts";
import { FLEET_DOCUMENT_PATH, FLEET_FIGURES_PATH, renderFleet } from "./render-fleet.ts";

// Writes the tables and plots of "With streams" in docs/performance.md, and the table of faults in docs/fleet.md, from what
// `npm run bench -- … --json FILE` wrote, on the machine that it ran on.

const HELP = `usage: npm run bench:docs -- FILE [--note TEXT]

Writes "With streams" of ${DOCUMENT_PATH}, its plots and ${FIGURES_PATH} from the figures of one run:
  npm run bench -- ${SHOWN_BENCHES.join(" ")} --json FILE
Or the table of ${FLEET_DOCUMENT_PATH} and ${FLEET_FIGURES_PATH}:
  npm run bench -- fleet --rounds 1 --json FILE

  --note TEXT   what a reader must know beside the machine, such as what else ran on it`;

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

async function render(all: readonly Row[], note: string): Promise<Readonly<Record<string, string>>> {
  const read = (path: string): Promise<string> => readFile(join(ROOT, path), "utf8");
  const ofBenches = (names: readonly string[]) => {
    const rows = all.filter(({ bench }) => names.includes(bench));
    return { machine: describeProcessor(), note, rows };
  };
  const fleet = ofBenches(["fleet"]);
  if (fleet.rows.length > 0) {
    const text = renderFleet(await read(FLEET_DOCUMENT_PATH), fleet);
    return { [FLEET_DOCUMENT_PATH]: text, [FLEET_FIGURES_PATH]: toJson(fleet) };
  }
  const streams = ofBenches(SHOWN_BENCHES);
  return { ...renderFiles(await read(DOCUMENT_PATH), streams), [FIGURES_PATH]: toJson(streams) };
}

function toJson(figures: unknown): string {
  return `${JSON.stringify(figures, null, 2)}\n`;
}

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
  for (const [path, text] of Object.entries(await render(rows, values.note))) {
    await writeFile(join(ROOT, path), text);
  }
}
