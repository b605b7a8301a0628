import type { AccountRecord, Accounts } from "@countersign/issuer";
import { chooseAction } from "./choose-action.ts";
import type { Command, Terminal } from "./command.ts";
import { type CommandLine, namesOf, readCommandLine } from "./config.ts";
import { orExplain } from "./explain.ts";
import { assertChange, formatRights, readNewRights } from "./new-rights.ts";
import { openCommandBackend } from "./open-command-backend.ts";
import { type Fact, formatList, formatTime, toJsonText } from "./table.ts";
import { CommandError } from "./usage-error.ts";

/** `countersign user`: the accounts that sign in with a password. */
export const userCommand: Command = {
  name: "user",
  summary: "Add, list, change and delete accounts.",
  settings: "store",
  usage: [
    "Usage: countersign user add NAME [--scope SCOPE]… [--role ROLE]… [--json]",
    "       countersign user list [--json]",
    "       countersign user set NAME [--scope SCOPE… | --no-scopes] [--role ROLE… | --no-roles] [--revoke] [--json]",
    "       countersign user passwd NAME [--json]",
    "       countersign user disable NAME [--json]",
    "       countersign user enable NAME [--json]",
    "       countersign user delete NAME [--json]",
    "",
    "set       Replace all scopes, all roles, or both. Sessions lose what the account loses at their next refresh, and",
    "          have its new roles from then on; new scopes come with the next sign-in.",
    "delete    Remove the account for good. Its subject is never used again; its name can be.",
    "",
    "Passwords are asked for at the terminal, or read from standard input when it is none: never from the",
    "command line, where others could see them. passwd, disable and delete end all sessions of the account.",
    "",
    "Options:",
    "  --scope SCOPE   A scope that its sessions may have; as often as needed.",
    "  --role ROLE     A role; as often as needed.",
    "  --no-scopes     No scopes at all.",
    "  --no-roles      No roles at all.",
    "  --revoke        End all sessions of the account, so that what it loses is gone at once.",
    "  --json          JSON.",
  ].join("\n"),
  async run(args, terminal) {
    const own = {
      scope: { type: "string", multiple: true },
      role: { type: "string", multiple: true },
      "no-scopes": { type: "boolean" },
      "no-roles": { type: "boolean" },
      revoke: { type: "boolean" },
      json: { type: "boolean" },
    } as const;
    const line = readCommandLine(args, terminal.env, { own });
    const { words } = line;
    const { act, name } = chooseAction({ command: "user", target: "NAME", actions: ACTIONS, words });
    await using backend = await openCommandBackend(line.config);
    (await act({ accounts: backend.accounts, name, line, terminal })).forEach(terminal.print);
  },
};

interface Call {
  readonly accounts: Accounts;
  readonly name: string;
  readonly line: CommandLine;
  readonly terminal: Terminal;
}

const ACTIONS: Readonly<Record<string, (call: Call) => Promise<readonly string[]>>> = {
  async add({ accounts, name, line, terminal }) {
    const password = await readPassword(terminal);
    const [scopes, roles] = [namesOf(line.values.scope), namesOf(line.values.role)];
    const account = await orExplain(() => accounts.create({ username: name, password, scopes, roles }));
    return line.values.json === true ? [toJsonText(toRow(account))] : [`${account.username} was added.`];
  },
  async list({ accounts, line }) {
    return formatList(COLUMNS, (await accounts.list()).map(toRow), { json: line.values.json === true });
  },
  async set({ accounts, name, line }) {
    const rights = readNewRights(line);
    assertChange(rights);
    const revokeSessions = line.values.revoke === true;
    const account = await orExplain(() => accounts.update(name, { ...rights, revokeSessions }));
    const effect = revokeSessions
      ? "all its sessions have ended"
      : "its sessions follow at their next refresh";
    const { username, scopes, roles } = account;
    return line.values.json === true
      ? [toJsonText(toRow(account))]
      : [`${username} now has ${formatRights({ scopes, roles })}; ${effect}.`];
  },
  async passwd(call) {
    const { accounts, name, terminal } = call;
    const password = await readPassword(terminal);
    await orExplain(() => accounts.setPassword(name, password));
    return showChange(call, `${name} has a new password; all its sessions have ended.`);
  },
  async disable(call) {
    await orExplain(() => call.accounts.disable(call.name));
    return showChange(call, `${call.name} is disabled; all its sessions have ended.`);
  },
  async enable(call) {
    await orExplain(() => call.accounts.enable(call.name));
    return showChange(call, `${call.name} is enabled.`);
  },
  async delete({ accounts, name, line }) {
    await orExplain(() => accounts.remove(name));
    const text = `${name} is deleted; all its sessions have ended.`;
    return [line.values.json === true ? toJsonText({ username: name, deleted: true }) : text];
  },
};

/** Tell in words, or as the account is now. */
async function showChange({ accounts, name, line }: Call, text: string): Promise<readonly string[]> {
  const account = line.values.json === true ? await accounts.find(name) : undefined;
  return [account === undefined ? text : toJsonText(toRow(account))];
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
