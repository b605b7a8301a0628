import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Row } from "../run/bench.ts";
import { describeProcessor } from "../run/machine.ts";
import { SHOWN_BENCHES } from "./figures.ts";
import { DOCUMENT_PATHS, FIGURES_PATH, renderFiles, type Texts } from "./render-files.ts";
import { FLEET_DOCUMENT_PATH, FLEET_FIGURES_PATH, renderFleet } from "./render-fleet.ts";

// Runs the benches whose figures the documents show, and writes these figures into the README, docs/performance.md and
// docs/alternatives.md, with plots; or the table of faults in docs/fleet.md. On the machine that the benches ran on.

const HELP = `usage: npm run bench:docs [-- [FILE] [--rounds N] [--note TEXT]]

Runs the benches ${SHOWN_BENCHES.join(", ")},
for a quarter of an hour, and writes the figures of that one run into ${FIGURES_PATH}, the plots, and
${DOCUMENT_PATHS.join(", ")}.

  FILE          write the figures of a run that was made already, by npm run bench -- … --json FILE, instead.
                If it has figures of bench fleet, which takes --rounds 1: the table of ${FLEET_DOCUMENT_PATH}
  --rounds N    how often each side takes its turn (default 5)
  --note TEXT   what a reader must know beside the machine, such as what else ran on it`;

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const BENCH = fileURLToPath(new URL("../main.ts", import.meta.url));

async function render(all: readonly Row[], note: string): Promise<Texts> {
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
  const figures = ofBenches(SHOWN_BENCHES);
  const documents = await Promise.all(DOCUMENT_PATHS.map(async (path) => [path, await read(path)] as const));
  return { ...renderFiles(Object.fromEntries(documents), figures), [FIGURES_PATH]: toJson(figures) };
}

/** Run the benches, and keep what they gave. @returns the file with their rows */
async function runBenches(rounds: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), "countersign-bench-")), "rows.json");
  const args = [
    "--conditions=@countersign/source",
    BENCH,
    ...SHOWN_BENCHES,
    "--rounds",
    rounds,
    "--json",
    file,
  ];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) {
    throw new Error("the benches failed");
  }
  console.log(`the figures are in ${file}, too`);
  return file;
}

function toJson(figures: unknown): string {
  return `${JSON.stringify(figures, null, 2)}\n`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    note: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(HELP);
} else {
  const [given] = positionals;
  // npm runs scripts in the root: a path is meant from where it was typed.
  const file =
    given === undefined ? await runBenches(values.rounds) : resolve(process.env.INIT_CWD ?? ".", given);
  const rows = JSON.parse(await readFile(file, "utf8")) as readonly Row[];
  for (const [path, text] of Object.entries(await render(rows, values.note))) {
    await writeFile(join(ROOT, path), text);
  }
}
