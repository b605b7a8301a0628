import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ALL_BENCHES } from "./benches/all.ts";
import { ALL_FAULTS } from "./fleet/faults/all.ts";
import { ALL_FLOODS } from "./flood/floods/all.ts";
import type { Bench, BenchOptions, Row } from "./run/bench.ts";
import { assignCores, describeMachine } from "./run/machine.ts";
import { formatBench, formatLosses, type Judgement, judge } from "./run/report.ts";

const HELP = `usage: npm run bench -- [NAME …] [--json FILE] [--rounds N] [--before DIR] [--seconds N]
                                 [--floods NAMES] [--faults NAMES] [--kills N] [--quick]

Runs benches, all of them without a NAME, each within a minute, and fleet and flood within half an hour:
  ${ALL_BENCHES.map(({ name }) => name).join(", ")}

  --json FILE   write the figures as JSON: rows of {bench, side, unit, median, min, max, rounds}
  --rounds N    how often each side takes its turn (default 5)
  --before DIR  measure an earlier build beside this one. In bench unary: the processor time of a call in both, and
                its ratio; in the benches of clients: the same of the SDK; in bench install: what comes along, and
                the time of imports. DIR is where @countersign/server, @countersign/gen and @countersign/sdk are
                installed, or for unary and clients a built checkout
  --seconds N   how long each flood of bench flood lasts (default 60), or bench endurance (default 30)
  --floods NAMES  the kinds of floods that bench flood makes, with commas (default all)
  --faults NAMES  the faults that bench fleet has, with commas (default all): a line of its table each
  --kills N     how many processes fault random-kills of bench fleet kills (default 200)
  --quick       only prove that everything runs: the figures mean nothing`;

const DEFAULT_ROUNDS = 5;
const QUICK_ROUNDS = 2;

interface Command extends BenchOptions {
  readonly benches: readonly Bench[];
  readonly jsonFile: string | undefined;
}

/** @throws TypeError when the arguments are wrong */
function parseCommand(args: readonly string[]): Command | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: "string" },
      rounds: { type: "string" },
      before: { type: "string" },
      seconds: { type: "string" },
      floods: { type: "string" },
      faults: { type: "string" },
      kills: { type: "string" },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    return undefined;
  }
  const unknown = positionals.filter((name) => !ALL_BENCHES.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    throw new TypeError(`there is no bench ${unknown.join(", ")}`);
  }
  const rounds = Number(values.rounds ?? (values.quick ? QUICK_ROUNDS : DEFAULT_ROUNDS));
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new TypeError("--rounds must be a whole number from 1");
  }
  const seconds = parseAmount("--seconds", values.seconds);
  const kills = parseAmount("--kills", values.kills);
  const benches = ALL_BENCHES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const before = values.before === undefined ? {} : { before: resolve(values.before) };
  const floods = parseNames("flood", values.floods, ALL_FLOODS);
  const faults = parseNames("fault", values.faults, ALL_FAULTS);
  const parts = {
    ...(seconds === undefined ? {} : { seconds }),
    ...(kills === undefined ? {} : { kills }),
    ...(floods === undefined ? {} : { floods }),
    ...(faults === undefined ? {} : { faults }),
  };
  return { benches, rounds, quick: values.quick, jsonFile: values.json, ...before, ...parts };
}

function parseAmount(option: string, text: string | undefined): number | undefined {
  const amount = text === undefined ? undefined : Number(text);
  if (amount !== undefined && !(amount > 0)) {
    throw new TypeError(`${option} must be a number above 0`);
  }
  return amount;
}

/** Read names with commas. */
function parseNames(
  what: string,
  text: string | undefined,
  all: readonly { readonly name: string }[],
): readonly string[] | undefined {
  const names = text?.split(",");
  const unknown = names?.filter((name) => !all.some((known) => known.name === name)) ?? [];
  if (unknown.length > 0) {
    throw new TypeError(`there is no ${what} ${unknown.join(", ")}`);
  }
  return names;
}

async function runAll({ benches, jsonFile, ...options }: Command): Promise<void> {
  const mode = options.quick ? "; QUICK: the figures mean nothing" : "";
  console.log(
    `${describeMachine(assignCores()).join("\n")}\n${options.rounds} rounds, the sides in turn${mode}\n`,
  );
  const rows: Row[] = [];
  const judged: { readonly bench: string; readonly all: readonly Judgement[] }[] = [];
  for (const bench of benches) {
    const startMs = performance.now();
    const found = await bench.run(options);
    rows.push(...found);
    judged.push({ bench: bench.name, all: judge(bench, found) });
    console.log(`${formatBench(bench, found)}\n  (${((performance.now() - startMs) / 1000).toFixed(0)} s)\n`);
  }
  console.log(formatLosses(judged));
  if (jsonFile !== undefined) {
    await writeFile(jsonFile, `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`);
  }
}

try {
  const command = parseCommand(process.argv.slice(2));
  if (command === undefined) {
    console.log(HELP);
  } else {
    await runAll(command);
  }
} catch (error) {
  console.error(error instanceof TypeError ? `${error.message}\n\n${HELP}` : error);
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
