import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "./config.ts";
import { databaseFileOf } from "./store-settings.ts";

/** What names the store. */
type StoreConfig = Pick<Config, "databaseUrl" | "dataDir">;

/** Name the store that the settings choose, for people: by the path of its file, or by its URL without credentials. */
export function nameStore(config: StoreConfig): string {
  const { databaseUrl } = config;
  return databaseUrl === undefined ? resolve(databaseFileOf(config)) : withoutCredentials(databaseUrl);
}

/** Name the store that a server is about to open, and say so when there is none yet. */
export function describeStore(config: StoreConfig): string {
  const isNew = config.databaseUrl === undefined && !existsSync(databaseFileOf(config));
  return `${nameStore(config)}${isNew ? " (new)" : ""}`;
}

/** What is left of a URL when nothing of it can be a part of a password. */
function withoutCredentials(databaseUrl: string): string {
  const url = URL.parse(databaseUrl);
  const place = `${url?.host}${url?.pathname}`;
  // A slash or hash in a password that is not percent-encoded ends the host: of such a URL, nothing is repeated.
  const [, behind = place, ...more] = databaseUrl.split("@");
  const isSure = url !== null && more.length === 0 && behind.startsWith(place);
  return isSure ? `postgres://${place}` : "the database of --database-url";
}
