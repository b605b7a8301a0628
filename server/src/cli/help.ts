import type { Command } from "./command.ts";
import { SETTINGS, type Setting } from "./settings.ts";

/** The settings that concern the store, and so every command that opens it. */
const STORE_FLAGS: readonly string[] = [SETTINGS.dataDir, SETTINGS.databaseUrl, SETTINGS.secretFile].map(
  ({ flag }) => flag,
);

/** Write the overview of all commands. */
export function formatOverview(commands: readonly Command[]): string {
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(9)} ${summary}`);
  return [
    "Countersign: JWT authentication for gRPC that never shuts a user out mid-call.",
    "",
    "Usage: countersign <command> [options]",
    "",
    "Commands:",
    ...lines,
    "",
    "countersign <command> --help tells more. Every option can also be set in the environment, as COUNTERSIGN_*.",
  ].join("\n");
}

/** Write the help text of one command. */
export function formatHelp({ usage, settings }: Command): string {
  const shown = Object.values<Setting<unknown>>(SETTINGS).filter(
    ({ flag }) => settings === "all" || (settings === "store" && STORE_FLAGS.includes(flag)),
  );
  return shown.length === 0 ? usage : [usage, "", "Settings:", ...shown.flatMap(formatSetting)].join("\n");
}

function formatSetting({ flag, placeholder, help, fallback, variable }: Setting<unknown>): readonly string[] {
  const option = `--${flag}${placeholder === undefined ? "" : ` ${placeholder}`}`;
  const known =
    placeholder === undefined || fallback === undefined || fallback === "" ? "" : ` Default: ${fallback}.`;
  return [`  ${option.padEnd(26)} ${help}${known}`, `  ${"".padEnd(26)} ${variable}`];
}
