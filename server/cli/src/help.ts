import type { Command } from "./command.ts";
import { SETTING_ENTRIES, SETTINGS, type Setting } from "./settings.ts";

/** The settings that concern the store, and so every command that opens it. */
const STORE_FLAGS: readonly string[] = [SETTINGS.dataDir, SETTINGS.databaseUrl, SETTINGS.secretFile].map(
  ({ flag }) => flag,
);

/** As wide as the longest option with its placeholder, so that what it does begins in one column. */
const OPTION_WIDTH = Math.max(...SETTING_ENTRIES.map(([, setting]) => toOption(setting).length));

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
    "countersign <command> --help tells more, countersign --version which one this is.",
    "Every setting can also be given in the environment, as COUNTERSIGN_*.",
  ].join("\n");
}

/** Write the help text of one command. */
export function formatHelp({ usage, settings, fallbacks = {} }: Command): string {
  const shown = SETTING_ENTRIES.filter(
    ([, { flag }]) => settings === "all" || (settings === "store" && STORE_FLAGS.includes(flag)),
  ).map(([name, setting]) => ({
    ...setting,
    fallback: fallbacks[name] ?? setting.fallback,
  }));
  return shown.length === 0 ? usage : [usage, "", "Settings:", ...shown.flatMap(formatSetting)].join("\n");
}

function formatSetting(setting: Setting<unknown>): readonly string[] {
  const { placeholder, help, fallback, variable } = setting;
  const option = toOption(setting);
  const known =
    placeholder === undefined || fallback === undefined || fallback === "" ? "" : ` Default: ${fallback}.`;
  return [`  ${option.padEnd(OPTION_WIDTH)}  ${help}${known}`, `  ${"".padEnd(OPTION_WIDTH)}  ${variable}`];
}

function toOption({ flag, placeholder }: Setting<unknown>): string {
  return `--${flag}${placeholder === undefined ? "" : ` ${placeholder}`}`;
}
