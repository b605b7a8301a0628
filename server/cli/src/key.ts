import type { KeyRing } from "@countersign/issuer";
import type { Command } from "./command.ts";
import { type CommandLine, readCommandLine } from "./config.ts";
import { explainIssuerError } from "./issuer-errors.ts";
import { openCommandBackend } from "./open-command-backend.ts";
import { secretOf } from "./store-settings.ts";
import { formatList, formatTime } from "./table.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/** `countersign key`: the keys that sign access tokens. */
export const keyCommand: Command = {
  name: "key",
  summary: "List, rotate and withdraw the keys that sign access tokens.",
  settings: "store",
  usage: [
    "Usage: countersign key list [--json]",
    "       countersign key rotate [--force] [--json]",
    "       countersign key compromise KID [--json]",
    "",
    "list        Every key, with its state: next (published, not used yet), active (signs), retired (verifies",
    "            what it signed) or removed.",
    "rotate      Let the next key sign from now on, and publish another. Running servers follow within seconds.",
    "compromise  Remove a key that somebody else may have: running servers refuse what it signed, and end streams",
    "            on it, within a second. Users stay signed in: their next refresh brings a token of another key.",
    "",
    "Options:",
    "  --force   Rotate even if verifiers may not have seen the next key yet: their next calls may fail.",
    "  --json    JSON.",
  ].join("\n"),
  async run(args, terminal) {
    const own = { json: { type: "boolean" }, force: { type: "boolean" } } as const;
    const line = readCommandLine(args, terminal.env, { own });
    const [action = "", ...more] = line.words;
    const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (act === undefined || more.length !== (action === "compromise" ? 1 : 0)) {
      throw new UsageError("key knows these actions: list, rotate and compromise KID");
    }
    await withKeyRing(line, async (ring) => (await act(ring, line)).forEach(terminal.print));
  },
};

const ACTIONS: Readonly<Record<string, (ring: KeyRing, line: CommandLine) => Promise<readonly string[]>>> = {
  async list(ring, { values }) {
    const keys = (await ring.list()).map(
      ({ kid, algorithm, state, createdAtMs, activeAtMs, retiredAtMs }) => ({
        kid,
        algorithm,
        state,
        created: formatTime(createdAtMs),
        active: formatTime(activeAtMs),
        retired: formatTime(retiredAtMs),
      }),
    );
    const columns = ["kid", "algorithm", "state", "created", "active", "retired"] as const;
    return formatList(columns, keys, { json: values.json === true });
  },
  rotate: (ring, line) => change(line, "rotated", () => ring.rotate({ force: line.values.force === true })),
  compromise: (ring, line) => change(line, "removed", () => ring.compromise(line.words[1] ?? "")),
};

async function change(
  { values, words }: CommandLine,
  what: string,
  act: () => Promise<string>,
): Promise<readonly string[]> {
  try {
    const kid = await act();
    if (values.json === true) {
      return [JSON.stringify({ kid })];
    }
    return [
      ...(what === "removed" ? [`${words[1]} is removed: its tokens are refused.`] : []),
      `${kid} signs from now on.`,
    ];
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "unknown error";
    throw new CommandError(`nothing was ${what}: ${why}`, { cause });
  }
}

async function withKeyRing(line: CommandLine, use: (ring: KeyRing) => Promise<void>): Promise<void> {
  const { config } = line;
  await using backend = await openCommandBackend(config);
  const times = { accessTtlMs: config.accessTtlMs, clockToleranceMs: config.clockToleranceMs };
  const ring = await backend.openKeys({ secret: secretOf(config), times }).catch((error: unknown) => {
    throw explainIssuerError(error, config);
  });
  await use(ring);
}
