import { readdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Environment } from "../config.ts";
import { type LoginRecord, loginIdOf, parseLoginRecord, serverKeyOf } from "./login-record.ts";
import { isMissing, readIfThere, writeWhole } from "./private-file.ts";

/** The logins of a user on this machine, in a folder of the user's. */
export interface Logins {
  /** List those that are meant, the one that was made last first. */
  readonly find: (choice: LoginChoice) => Promise<readonly LoginRecord[]>;
  /** Find the login of the same user of the same client at the same server. */
  readonly findSame: (record: LoginRecord) => Promise<LoginRecord | undefined>;
  /** Write the record of a login down, in one step. */
  readonly save: (record: LoginRecord) => Promise<void>;
  /** Remove a login, and the directories of its sessions. */
  readonly remove: (record: LoginRecord) => Promise<void>;
  /** Remove the directory of its session alone. */
  readonly removeSession: (record: LoginRecord) => Promise<void>;
  /** Name the directory that its session is in. */
  readonly directoryOf: (record: LoginRecord) => string;
  /** Name the file that says where the secret of its session is. */
  readonly secretFileOf: (record: LoginRecord) => string;
}

/** Which logins are meant. Nothing given: all. */
export interface LoginChoice {
  readonly server?: string | undefined;
  readonly user?: string | undefined;
}

/** Ends the directory of a session in plain text: one that takes its place, encrypted, leaves it readable until it has ended. */
const PLAIN = ".plain";

const RECORD = /^[0-9a-f]{32}\.json$/;

/** Name the folder of the logins: in `XDG_CONFIG_HOME`, on Windows in `APPDATA`, else in `.config` of the user's home. */
export function loginFolderOf({ XDG_CONFIG_HOME = "", APPDATA = "" }: Environment): string {
  const roaming = process.platform === "win32" ? APPDATA : "";
  const configured = [XDG_CONFIG_HOME, roaming].find(isAbsolute);
  return join(configured ?? join(homedir(), ".config"), "countersign", "logins");
}

/** Open the logins in a folder; it is made when the first one is saved. */
export function createLogins(folder: string): Logins {
  const pathOf = (record: LoginRecord, ending = ""): string => join(folder, `${loginIdOf(record)}${ending}`);
  const directoryOf = (record: LoginRecord): string => pathOf(record, record.isPlain === true ? PLAIN : "");
  return {
    async find(choice) {
      const names = (await namesIn(folder)).filter((name) => RECORD.test(name));
      const texts = await Promise.all(names.map((name) => readIfThere(join(folder, name))));
      return texts
        .flatMap((text) => parseLoginRecord(text ?? "") ?? [])
        .filter((record) => isMeant(record, choice))
        .sort((one, other) => other.signedInAtMs - one.signedInAtMs);
    },
    findSame: async (record) => parseLoginRecord((await readIfThere(pathOf(record, ".json"))) ?? ""),
    save: (record) => writeWhole(pathOf(record, ".json"), JSON.stringify(record)),
    async remove(record) {
      await rm(pathOf(record, ".json"), { force: true });
      for (const isPlain of [true, false]) {
        await rm(directoryOf({ ...record, isPlain }), { recursive: true, force: true });
      }
    },
    removeSession: (record) => rm(directoryOf(record), { recursive: true, force: true }),
    directoryOf,
    secretFileOf: (record) => pathOf(record, ".secret"),
  };
}

function isMeant(record: LoginRecord, { server, user }: LoginChoice): boolean {
  const isServer = server === undefined || serverKeyOf(record.server) === serverKeyOf(server);
  return isServer && (user === undefined || record.user === user);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) {
      return [];
    }
    throw error;
  });
}
