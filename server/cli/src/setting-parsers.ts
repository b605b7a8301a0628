import { availableParallelism } from "node:os";
import { parseDuration } from "./duration.ts";
import type { LogLevel } from "./operate/log.ts";
import { UsageError } from "./usage-error.ts";

/** Read any text. */
export function text(value: string): string {
  return value;
}

/** Read the URL of a database. @throws UsageError when it is not one of Postgres */
export function databaseUrl(value: string, flag: string): string {
  if (!/^postgres(ql)?:\/\//.test(value)) {
    throw new UsageError(`--${flag} must begin with postgres://; without it, SQLite is used`);
  }
  return value;
}

/** Read a name, which cannot be empty. @throws UsageError when it is */
export function name(value: string, flag: string): string {
  if (value === "" || /\s/.test(value)) {
    throw new UsageError(`--${flag} must be a name without spaces`);
  }
  return value;
}

/** Read a port. @throws UsageError when it is none */
export function port(value: string, flag: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) {
    throw new UsageError(`--${flag} must be a port from 0 to 65535`);
  }
  return Number(value);
}

/** Read a duration, in milliseconds. @throws UsageError when it is none */
export function duration(value: string, flag: string): number {
  const ms = parseDuration(value);
  if (ms === undefined) {
    throw new UsageError(`--${flag} must be a duration such as 500ms, 30s, 10m or 24h`);
  }
  return ms;
}

/** Read a count where 0 stands for as many as there are. @throws UsageError when it is none */
export function countOrUnlimited(value: string, flag: string): number {
  if (!/^\d{1,6}$/.test(value)) {
    throw new UsageError(`--${flag} must be a whole number up to 999999; 0: no limit`);
  }
  return Number(value) === 0 ? Infinity : Number(value);
}

/** Read a count. @throws UsageError when it is none, or nothing */
export function count(value: string, flag: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) {
    throw new UsageError(`--${flag} must be a whole number from 1 to 999999999`);
  }
  return Number(value);
}

/** How many bytes the units have. */
const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Read a number of bytes. @throws UsageError when it is none, or nothing */
export function bytes(value: string, flag: string): number {
  const [, amount = "", unit = ""] = /^([1-9]\d{0,11})(|[KMG]iB)$/.exec(value) ?? [];
  if (amount === "") {
    throw new UsageError(`--${flag} must be a number of bytes such as 4194304, 512KiB or 16MiB`);
  }
  return Number(amount) * (UNITS[unit] ?? 1);
}

/**
 * The longest token that a setting may allow: half of what the header of a request may take. A number and not an import:
 * `--help` reads this file, and is to load no package.
 */
const HIGHEST_TOKEN_BYTES = 16_384;

/** Read how long a token may be, in bytes. @throws UsageError when it is not a length that a header can have */
export function tokenBytes(value: string, flag: string): number {
  if (!/^\d{3,5}$/.test(value) || Number(value) > HIGHEST_TOKEN_BYTES) {
    throw new UsageError(`--${flag} must be a whole number from 100 to ${HIGHEST_TOKEN_BYTES}`);
  }
  return Number(value);
}

/** More processes than any machine has use for. */
const MAX_WORKERS = 256;

/** Read how many processes are to run; `auto`: one for each core. @throws UsageError when it is neither */
export function workerCount(value: string, flag: string): number {
  if (value === "auto") {
    return Math.min(MAX_WORKERS, availableParallelism());
  }
  if (!/^\d{1,3}$/.test(value) || Number(value) < 1 || Number(value) > MAX_WORKERS) {
    throw new UsageError(`--${flag} must be a whole number from 1 to ${MAX_WORKERS}, or auto`);
  }
  return Number(value);
}

/** Read a duration that cannot be nothing, in milliseconds. @throws UsageError when it is none */
export function lifetime(value: string, flag: string): number {
  const ms = duration(value, flag);
  if (ms === 0) {
    throw new UsageError(`--${flag} must be longer than nothing`);
  }
  return ms;
}

/** Read a list with commas between its entries. Those of nothing are left out. */
export function list(value: string): readonly string[] {
  const items = value.split(",").map((item) => item.trim());
  return items.filter((item) => item !== "");
}

/** Read a switch. @throws UsageError when it is neither set nor not */
export function flagValue(value: string, flag: string): boolean {
  if (!["true", "false", "1", "0", ""].includes(value)) {
    throw new UsageError(`--${flag} is either set or not: true or false`);
  }
  return value === "true" || value === "1";
}

/** Read whether something is on. @throws UsageError when it is neither on nor off */
export function onOrOff(value: string, flag: string): boolean {
  if (value !== "on" && value !== "off") {
    throw new UsageError(`--${flag} must be on or off`);
  }
  return value === "on";
}

/** The levels of the log, the most talkative first. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];

/** Read a level of the log. @throws UsageError when there is none of that name */
export function logLevel(value: string, flag: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === value);
  if (level === undefined) {
    throw new UsageError(`--${flag} must be one of ${LOG_LEVELS.join(", ")}`);
  }
  return level;
}

/** Read the URLs of a broker. @throws UsageError when one is none of NATS; its message does not repeat it, for its password */
export function busUrls(value: string, flag: string): readonly string[] {
  const urls = list(value);
  if (urls.length === 0 || !urls.every((url) => /^(nats|tls):\/\/[^/]/.test(url))) {
    throw new UsageError(
      `--${flag} must be URLs of NATS servers such as nats://host:4222 or tls://host:4222`,
    );
  }
  return urls;
}
