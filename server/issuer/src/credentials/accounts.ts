import { randomBytes } from "node:crypto";
import type { AuditSink, Clock } from "@countersign/server";
import type { AccountEvent } from "@countersign/server/internal";
import {
  type AccountChange,
  type AccountRecord,
  deleteAccount,
  findAccountByUsername,
  insertAccount,
  listAccounts,
  updateAccount,
} from "../store/accounts.ts";
import type { CustomClaims } from "../store/custom-claims.ts";
import type { Store } from "../store/database.ts";
import type { HashReplacer } from "../store/password-replacement.ts";
import type { RevocationRecord } from "../store/revocations.ts";
import { changeAccount } from "../store/rights-changes.ts";
import { AccountError } from "./account-error.ts";
import {
  type AccountUpdate,
  assertRights,
  eventsOfAccountUpdate,
  toAccountChange,
  toAccountClaims,
} from "./account-update.ts";
import { toAccountChanges } from "./changed-rights.ts";
import type { Passwords } from "./password.ts";
import { type AcceptPassword, acceptAnyPassword, assertAcceptable, assertPassword } from "./password-rule.ts";
import { MAX_USERNAME_BYTES, normalizeUsername } from "./username.ts";

/** What {@link createAccounts} needs. */
export interface AccountsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly passwords: Passwords;
  /** The rule of the server for passwords, beside the one that holds everywhere. Default: none. */
  readonly acceptPassword?: AcceptPassword;
  /** Learns of every change. Default: none. */
  readonly audit?: AuditSink<AccountEvent>;
  /** Replaces a password, and ends the sessions of the account with it. */
  readonly replaceHash: HashReplacer;
  /** Takes in what this server has just written of what its tokens say. Default: nothing does. */
  readonly revocations?: { learn(records: readonly RevocationRecord[]): void };
  /** Whether a hook says what claims tokens have: then those of the store are not what they say. Default false. */
  readonly hasClaimsHook?: boolean;
  /** Ends the sessions of an account that is disabled or removed. */
  readonly sessions: {
    end(end: {
      readonly where: { readonly subject: string };
      readonly reason: "account_disabled" | "account_removed" | "revoked_by_operator";
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
  /** What its access tokens say beside what the issuer puts in: at most 32 claims, of 4 KiB of JSON. Default: nothing. */
  readonly claims?: CustomClaims | undefined;
}

/** The accounts, for those who run the server. */
export interface Accounts {
  /** Add an account. @throws AccountError when the username is taken, or name, password, a scope, a role or a claim is no good */
  create(account: NewAccount): Promise<AccountRecord>;
  /** Find an account by the name that its owner types. */
  find(username: string): Promise<AccountRecord | undefined>;
  /** List every account by username. */
  list(): Promise<readonly AccountRecord[]>;
  /**
   * Replace a password, and end all sessions: both, or neither when it fails.
   *
   * @throws AccountError when it is refused, or there is no such account
   */
  setPassword(username: string, password: string): Promise<void>;
  /**
   * Change scopes, roles, claims and whether it is let in. Servers judge its calls and streams by that within a second, also
   * with tokens of before: those that still qualify go on.
   *
   * @throws AccountError when there is no such account, or a name or a claim is no good
   */
  update(username: string, change: AccountUpdate): Promise<AccountRecord>;
  /** Refuse all sign-ins of an account, and end its sessions. @throws AccountError when there is no such account */
  disable(username: string): Promise<void>;
  /** Let a disabled account in again. @throws AccountError when there is no such account */
  enable(username: string): Promise<void>;
  /**
   * Remove an account for good, and end all sessions. Its subject is never used again; its name may be.
   *
   * @throws AccountError when there is no such account
   */
  remove(username: string): Promise<void>;
}

const SUBJECT_BYTES = 16;

/** Create the keeper of accounts. */
export function createAccounts(options: AccountsOptions): Accounts {
  const { store, clock, passwords, sessions, acceptPassword = acceptAnyPassword } = options;
  const record = (type: AccountEvent["type"], subject: string): void =>
    options.audit?.record({ type, subject });
  const find = (username: string): Promise<AccountRecord | undefined> =>
    findAccountByUsername(store, normalizeUsername(username));
  const get = async (username: string): Promise<AccountRecord> => {
    const account = await find(username);
    if (account === undefined) {
      throw noSuchAccount();
    }
    return account;
  };
  const write = async (subject: string, change: AccountChange): Promise<AccountRecord> => {
    const { hasClaimsHook } = options;
    const changed = await changeAccount(store, { subject, change }, (before, after) =>
      toAccountChanges(subject, { before, after, nowMs: clock.nowMs(), hasClaimsHook }),
    );
    if (changed === undefined) {
      throw noSuchAccount();
    }
    options.revocations?.learn(changed.revocations);
    return changed.record;
  };
  const update: Accounts["update"] = async (username, wanted) => {
    const change = toAccountChange(wanted, clock.nowMs());
    const account = await get(username);
    const { subject } = account;
    const isChanged = Object.values(change).some((value) => value !== undefined);
    const changed = isChanged ? await write(subject, change) : account;
    eventsOfAccountUpdate(wanted).forEach((type) => {
      record(type, subject);
    });
    if (wanted.disabled === true) {
      await sessions.end({ where: { subject }, reason: "account_disabled" });
    } else if (wanted.revokeSessions === true) {
      await sessions.end({ where: { subject }, reason: "revoked_by_operator" });
    }
    return changed;
  };
  return {
    async create(input) {
      assertNewAccount(input);
      const username = normalizeUsername(input.username);
      await assertAcceptable({ password: input.password, username }, acceptPassword);
      const account = toRecord(input, clock.nowMs());
      const passwordHash = await passwords.hash(input.password);
      const wasAdded = await insertAccount(store, { ...account, passwordHash });
      if (!wasAdded) {
        throw new AccountError("USERNAME_TAKEN", "the username is taken");
      }
      record("account_added", account.subject);
      return account;
    },
    find,
    list: () => listAccounts(store),
    async setPassword(username, password) {
      const { subject, username: kept } = await get(username);
      await assertAcceptable({ password, username: kept }, acceptPassword);
      const to = await passwords.hash(password);
      if ((await options.replaceHash({ subject, to, endsSessions: { subject } })) === undefined) {
        throw noSuchAccount();
      }
      record("password_changed", subject);
    },
    update,
    async disable(username) {
      await update(username, { disabled: true });
    },
    async enable(username) {
      await update(username, { disabled: false });
    },
    async remove(username) {
      // Disabled first: no session begins between the end of the others and the end of the account.
      const { subject } = await get(username);
      await updateAccount(store, subject, { disabledAtMs: clock.nowMs() });
      await sessions.end({ where: { subject }, reason: "account_removed" });
      await deleteAccount(store, subject);
      record("account_removed", subject);
    },
  };
}

function noSuchAccount(): AccountError {
  return new AccountError("ACCOUNT_UNKNOWN", "there is no such account");
}

/**
 * Check what can be checked of a new account without a store.
 *
 * @throws AccountError when name, password, a scope, a role or a claim is no good
 */
export function assertNewAccount({ username, password, scopes, roles, claims = {} }: NewAccount): void {
  assertUsername(username);
  assertPassword(password);
  assertRights([...scopes, ...roles]);
  toAccountClaims(claims);
}

function toRecord({ username, scopes, roles, claims = {} }: NewAccount, nowMs: number): AccountRecord {
  return {
    subject: `usr_${randomBytes(SUBJECT_BYTES).toString("base64url")}`,
    username: normalizeUsername(username),
    scopes: [...new Set(scopes)],
    roles: [...new Set(roles)],
    claims: toAccountClaims(claims),
    disabledAtMs: undefined,
    createdAtMs: nowMs,
  };
}

function assertUsername(username: string): void {
  const bytes = Buffer.byteLength(normalizeUsername(username));
  if (bytes === 0 || bytes > MAX_USERNAME_BYTES || Buffer.byteLength(username) > MAX_USERNAME_BYTES) {
    throw new AccountError("USERNAME_INVALID", `a username must have 1 to ${MAX_USERNAME_BYTES} bytes`);
  }
  if (/\p{C}|^\s|\s$/u.test(username)) {
    throw new AccountError(
      "USERNAME_INVALID",
      "a username must not begin or end with a space or contain control characters",
    );
  }
}
