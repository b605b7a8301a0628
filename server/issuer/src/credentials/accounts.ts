import { randomBytes } from "node:crypto";
import type { Clock } from "@countersign/server";
import {
  type AccountRecord,
  findAccountByUsername,
  insertAccount,
  listAccounts,
  updateAccount,
} from "../store/accounts.ts";
import type { Store } from "../store/database.ts";
import type { CredentialAudit, CredentialEvent } from "./credential-audit.ts";
import type { Passwords } from "./password.ts";
import {
  MAX_PASSWORD_BYTES,
  MAX_USERNAME_BYTES,
  MIN_PASSWORD_CHARACTERS,
  normalizeUsername,
} from "./username.ts";

/** What {@link createAccounts} needs. */
export interface AccountsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly passwords: Passwords;
  /** Learns of every change. Default: nobody does. */
  readonly audit?: CredentialAudit;
  /** Ends the sessions of an account that is disabled or gets a new password. */
  readonly sessions: {
    end(end: {
      readonly where: { readonly subject: string };
      readonly reason: "account_disabled" | "password_changed";
    }): Promise<unknown>;
  };
}

/** A new account. */
export interface NewAccount {
  /** 1 to 256 bytes; letter case does not matter. */
  readonly username: string;
  /** 8 characters to 1,024 bytes. */
  readonly password: string;
  /** The most that its sessions can be granted. */
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

/** The accounts, for those who run the server. */
export interface Accounts {
  /** Add an account. @throws Error when the username is taken, or name, password, a scope or a role is no good */
  create(account: NewAccount): Promise<AccountRecord>;
  /** Find an account by the name that its owner types. */
  find(username: string): Promise<AccountRecord | undefined>;
  /** List every account by username. */
  list(): Promise<readonly AccountRecord[]>;
  /** Replace a password, and end all sessions. @throws Error when there is no such account */
  setPassword(username: string, password: string): Promise<void>;
  /** Let nobody in any more, and end all sessions. @throws Error when there is no such account */
  disable(username: string): Promise<void>;
  /** Let a disabled account in again. @throws Error when there is no such account */
  enable(username: string): Promise<void>;
}

const SUBJECT_BYTES = 16;

/** A scope-token of RFC 6749 §3.3; we hold roles to the same form. */
const TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]{1,128}$/;

/** Create the keeper of accounts. */
export function createAccounts(options: AccountsOptions): Accounts {
  const { store, clock, passwords, sessions } = options;
  const tell = (type: CredentialEvent["type"], subject: string): void =>
    options.audit?.record({ type, subject });
  const find = (username: string): Promise<AccountRecord | undefined> =>
    findAccountByUsername(store, normalizeUsername(username));
  const get = async (username: string): Promise<AccountRecord> => {
    const account = await find(username);
    if (account === undefined) {
      throw new Error("there is no such account");
    }
    return account;
  };
  return {
    async create(input) {
      const account = await toRecord(input, passwords, clock.nowMs());
      const wasAdded = await insertAccount(store, account);
      if (!wasAdded) {
        throw new Error("the username is taken");
      }
      tell("account_added", account.subject);
      return account;
    },
    find,
    list: () => listAccounts(store),
    async setPassword(username, password) {
      assertPassword(password);
      const { subject } = await get(username);
      await updateAccount(store, subject, { passwordHash: await passwords.hash(password) });
      tell("password_changed", subject);
      await sessions.end({ where: { subject }, reason: "password_changed" });
    },
    async disable(username) {
      const { subject } = await get(username);
      await updateAccount(store, subject, { disabledAtMs: clock.nowMs() });
      tell("account_disabled", subject);
      await sessions.end({ where: { subject }, reason: "account_disabled" });
    },
    async enable(username) {
      const { subject } = await get(username);
      await updateAccount(store, subject, { disabledAtMs: null });
      tell("account_enabled", subject);
    },
  };
}

async function toRecord(input: NewAccount, passwords: Passwords, nowMs: number): Promise<AccountRecord> {
  const { username, password, scopes, roles } = input;
  assertUsername(username);
  assertPassword(password);
  if (![...scopes, ...roles].every((name) => TOKEN.test(name))) {
    throw new Error(
      "a scope or role must be 1 to 128 printable ASCII characters without space, quote or backslash",
    );
  }
  return {
    subject: `usr_${randomBytes(SUBJECT_BYTES).toString("base64url")}`,
    username: normalizeUsername(username),
    passwordHash: await passwords.hash(password),
    scopes: [...new Set(scopes)],
    roles: [...new Set(roles)],
    disabledAtMs: undefined,
    createdAtMs: nowMs,
  };
}

function assertUsername(username: string): void {
  const bytes = Buffer.byteLength(normalizeUsername(username));
  if (bytes === 0 || bytes > MAX_USERNAME_BYTES || Buffer.byteLength(username) > MAX_USERNAME_BYTES) {
    throw new Error(`a username must have 1 to ${MAX_USERNAME_BYTES} bytes`);
  }
  if (/\p{C}|^\s|\s$/u.test(username)) {
    throw new Error("a username must not begin or end with a space or contain control characters");
  }
}

function assertPassword(password: string): void {
  const isLongEnough = Array.from(password).length >= MIN_PASSWORD_CHARACTERS;
  if (!isLongEnough || Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    throw new Error(
      `a password must have at least ${MIN_PASSWORD_CHARACTERS} characters and at most ${MAX_PASSWORD_BYTES} bytes`,
    );
  }
}
