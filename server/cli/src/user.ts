import type { AccountRecord, NewAccount } from "@countersign/issuer";
import { assertNewAccount, assertPassword } from "@countersign/issuer/internal";
import { type Answer, type ObjectAnswer, toAnswer, toListAnswer } from "./answer.ts";
import { readClaims, readNewClaims } from "./claim-options.ts";
import type { Call, Terminal } from "./command.ts";
import { namesOf } from "./config.ts";
import { assertChange, formatRights, readNewRights } from "./new-rights.ts";
import { onStore, type StoreCall } from "./on-store.ts";
import { orExplain } from "./or-explain.ts";
import { type Fact, formatTime } from "./table.ts";
import { CommandError } from "./usage-error.ts";

/** What `countersign user` does. */
export const userActions = {
  async add(call: Call) {
    // An account that is refused leaves no store behind; where there is none to be made, that is said before a question.
    const isNewStore = call.line.values.create === true;
    const account = isNewStore ? await orExplain(() => readNewAccount(call)) : undefined;
    await onStore((storeCall) => addAccount(storeCall, account), { mayCreate: true })(call);
  },
  list: onStore(async ({ backend }) => toListAnswer(COLUMNS, (await backend.accounts.list()).map(toRow))),
  set: onStore(async ({ backend, argument: name, line }) => {
    const claims = await readNewClaims(line, async () => (await backend.accounts.find(name))?.claims);
    const rights = { ...readNewRights(line), claims };
    assertChange(rights);
    const revokeSessions = line.values.revoke === true;
    const account = await backend.accounts.update(name, { ...rights, revokeSessions });
    const effect = revokeSessions
      ? "all its sessions have ended"
      : "its calls and streams are judged by that within a second";
    const { scopes, roles } = account;
    return showAccount(account, `now has ${formatRights({ scopes, roles }, account.claims)}; ${effect}.`);
  }),
  passwd: onStore(async (call) => {
    const password = await readPassword(call.terminal);
    await call.backend.accounts.setPassword(call.argument, password);
    return showChange(call, "has a new password; all its sessions have ended.");
  }),
  disable: onStore(async (call) => {
    await call.backend.accounts.disable(call.argument);
    return showChange(call, "is disabled; all its sessions have ended.");
  }),
  enable: onStore(async (call) => {
    await call.backend.accounts.enable(call.argument);
    return showChange(call, "is enabled.");
  }),
  delete: onStore(async ({ backend, argument: username }) => {
    await backend.accounts.remove(username);
    const text = [`${username} is deleted; all its sessions have ended.`];
    return toAnswer(text, { username, deleted: true });
  }),
};

async function addAccount(call: StoreCall, given: NewAccount | undefined): Promise<Answer> {
  const account = await call.backend.accounts.create(given ?? (await readNewAccount(call)));
  return showAccount(account, "was added.");
}

/** Read the account that is to be made. @throws AccountError when something about it is no good */
async function readNewAccount({ argument: username, line, terminal }: Call): Promise<NewAccount> {
  const password = await readPassword(terminal);
  const account = {
    username,
    password,
    scopes: namesOf(line.values.scope),
    roles: namesOf(line.values.role),
    claims: readClaims(line),
  };
  assertNewAccount(account);
  return account;
}

function showAccount(account: AccountRecord, what: string): ObjectAnswer {
  return toAnswer([`${account.username} ${what}`], toRow(account));
}

/** Answer with the account as it is now. */
async function showChange({ backend, argument: name }: StoreCall, what: string): Promise<ObjectAnswer> {
  const account = await backend.accounts.find(name);
  return toAnswer([`${name} ${what}`], account === undefined ? { username: name } : toRow(account));
}

const COLUMNS = ["username", "subject", "scopes", "roles", "created", "disabled", "claims"] as const;

function toRow(account: AccountRecord): Readonly<Record<(typeof COLUMNS)[number], Fact>> {
  return {
    username: account.username,
    subject: account.subject,
    scopes: account.scopes,
    roles: account.roles,
    claims: account.claims,
    created: formatTime(account.createdAtMs),
    disabled: formatTime(account.disabledAtMs),
  };
}

/** @throws AccountError when what is typed at a terminal is refused: it is not to be typed again */
async function readPassword(terminal: Terminal): Promise<string> {
  const typed = await terminal.askSecret("Password: ");
  if (typed === undefined) {
    const lines = (await terminal.readInput()).replace(/\r?\n$/, "");
    if (/[\r\n]/.test(lines)) {
      throw new CommandError("standard input has more than one line: it is to be the password, once");
    }
    return lines;
  }
  assertPassword(typed);
  if (typed !== (await terminal.askSecret("Again: "))) {
    throw new CommandError("the two passwords differ");
  }
  return typed;
}
