import { callNameOf } from "./choose-action.ts";
import { type Action, type Command, ONLY_ACTION } from "./command.ts";
import { formatOption, type Option } from "./option.ts";
import { SETTING_ENTRIES } from "./settings.ts";

/** How wide a help text may be, in characters. */
const MAX_WIDTH = 118;

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
    "countersign <command> --help explains a command, countersign --version prints the version.",
    "Every setting can also be given in the environment, as COUNTERSIGN_*.",
  ].join("\n");
}

/** Write the help text of one command. */
export function formatHelp(command: Command): string {
  const parts = [
    formatUsage(command),
    formatActions(command),
    command.about,
    titled("Options", formatOptions(command)),
    titled("Settings", formatSettings(command)),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines];
}

function formatUsage(command: Command): readonly string[] {
  return Object.entries(command.actions).flatMap(([name, action], index) => {
    const start = `${index === 0 ? "Usage:" : "      "} countersign ${callNameOf(command, name)}`;
    return wrap(start, listUsageParts(command, action));
  });
}

function listUsageParts(command: Command, action: Action): readonly string[] {
  const { argument, isArgumentOptional = false, options } = action;
  const parts = argument === undefined ? [] : [isArgumentOptional ? `[${argument}]` : argument];
  const isSettable = command.settings.length > 0;
  return [
    ...parts,
    ...options.map((name) => {
      const option = command.options[name] ?? UNKNOWN;
      return `[${formatOption(name, option)}]${option.isRepeatable === true ? "…" : ""}`;
    }),
    ...(isSettable ? ["[settings]"] : []),
  ];
}

const UNKNOWN: Option = { help: "" };

/** Put parts behind the start of a line, and on further lines below them. */
function wrap(start: string, parts: readonly string[]): readonly string[] {
  const lines = [start];
  for (const part of parts) {
    const line = lines.at(-1) ?? "";
    if (line.length + 1 + part.length > MAX_WIDTH) {
      lines.push(`${" ".repeat(start.length)} ${part}`);
    } else {
      lines[lines.length - 1] = `${line} ${part}`;
    }
  }
  return lines;
}

function formatActions({ actions }: Command): readonly string[] {
  const names = Object.keys(actions);
  if (names.includes(ONLY_ACTION)) {
    return [];
  }
  const width = Math.max(...names.map((name) => name.length));
  return Object.entries(actions).flatMap(([name, { help }]) =>
    help.map((line, index) => `${(index === 0 ? name : "").padEnd(width)}  ${line}`),
  );
}

function formatOptions({ options }: Command): readonly string[] {
  const entries = Object.entries(options);
  const width = widthOf(entries);
  return entries.map(([name, option]) => formatLine(formatOption(name, option).padEnd(width), option));
}

function formatSettings({ settings, fallbacks = {} }: Command): readonly string[] {
  const shown = SETTING_ENTRIES.filter(([name]) => settings.includes(name));
  const width = widthOf(shown.map(([, setting]) => [setting.flag, setting]));
  return shown.flatMap(([name, setting]) => {
    const fallback = fallbacks[name] ?? setting.fallback;
    const option = formatOption(setting.flag, setting).padEnd(width);
    return [formatLine(option, { ...setting, fallback }), `  ${"".padEnd(width)}  ${setting.variable}`];
  });
}

/** As wide as the longest option with its placeholder, so that what it does begins in one column. */
function widthOf(options: readonly (readonly [string, Option])[]): number {
  return Math.max(...options.map(([name, option]) => formatOption(name, option).length));
}

function formatLine(option: string, { placeholder, help, fallback }: Option): string {
  const isKnown = placeholder !== undefined && fallback !== undefined && fallback !== "";
  return `  ${option}  ${help}${isKnown ? ` Default: ${fallback}.` : ""}`;
}
