import type { AccountRecord } from "@countersign/issuer";
import { type ObjectAnswer, toAnswer, toListAnswer } from "./answer.ts";
import type { Terminal } from "./command.ts";
import { namesOf } from "./config.ts";
import { assertChange, formatRights, readNewRights } from "./new-rights.ts";
import { onStore, type StoreCall } from "./on-store.ts";
import { type Fact, formatTime } from "./table.ts";
import { CommandError } from "./usage-error.ts";

/** What `countersign user` does. */
export const userActions = {
  add: onStore(
    async (call) => {
      const { backend, argument: username, line, terminal } = call;
      const password = await readPassword(terminal);
      const [scopes, roles] = [namesOf(line.values.scope), namesOf(line.values.role)];
      const account = await backend.accounts.create({ username, password, scopes, roles });
      return showAccount(account, "was added.");
    },
    { mayCreate: true },
  ),
  list: onStore(async ({ backend }) => toListAnswer(COLUMNS, (await backend.accounts.list()).map(toRow))),
  set: onStore(async ({ backend, argument: name, line }) => {
    const rights = readNewRights(line);
    assertChange(rights);
    const revokeSessions = line.values.revoke === true;
    const account = await backend.accounts.update(name, { ...rights, revokeSessions });
    const effect = revokeSessions
      ? "all its sessions have ended"
      : "its sessions follow at their next refresh";
    const { scopes, roles } = account;
    return showAccount(account, `now has ${formatRights({ scopes, roles })}; ${effect}.`);
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

function showAccount(account: AccountRecord, what: string): ObjectAnswer {
  return toAnswer([`${account.username} ${what}`], toRow(account));
}

/** Answer with the account as it is now. */
async function showChange({ backend, argument: name }: StoreCall, what: string): Promise<ObjectAnswer> {
  const account = await backend.accounts.find(name);
  return toAnswer([`${name} ${what}`], account === undefined ? { username: name } : toRow(account));
}

const COLUMNS = ["username", "subject", "scopes", "roles", "created", "disabled"] as const;

function toRow(account: AccountRecord): Readonly<Record<(typeof COLUMNS)[number], Fact>> {
  return {
    username: account.username,
    subject: account.subject,
    scopes: account.scopes,
    roles: account.roles,
    created: formatTime(account.createdAtMs),
    disabled: formatTime(account.disabledAtMs),
  };
}

async function readPassword(terminal: Terminal): Promise<string> {
  const typed = await terminal.askSecret("Password: ");
  if (typed === undefined) {
    return (await terminal.readInput()).replace(/\r?\n$/, "");
  }
  if (typed !== (await terminal.askSecret("Again: "))) {
    throw new CommandError("the two passwords differ");
  }
  return typed;
}
