import { readFile } from "node:fs/promises";
import type { ClientRecord, Clients, ClientUpdate, ClientWithSecret } from "@countersign/issuer";
import { CLIENT_GRANTS } from "@countersign/issuer/internal";
import { chooseAction } from "./choose-action.ts";
import type { Command } from "./command.ts";
import { type CommandLine, namesOf, readCommandLine } from "./config.ts";
import { parseDuration } from "./duration.ts";
import { orExplain } from "./explain.ts";
import { assertChange, formatRights, readNewRights } from "./new-rights.ts";
import { openCommandBackend } from "./open-command-backend.ts";
import { type Fact, formatList, formatTime, toJsonText } from "./table.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/** How long the secret before stays good: time to bring the new one to every machine. */
const DEFAULT_OVERLAP = "24h";

/** `countersign client`: the programs that sign in as themselves. */
export const clientCommand: Command = {
  name: "client",
  summary: "Add, list, change, rotate and disable clients: programs that sign in as themselves.",
  settings: "store",
  usage: [
    "Usage: countersign client add ID [--scope SCOPE]… [--role ROLE]… [--grant GRANT]… [--introspect]",
    "                              [--jwks FILE] [--json]",
    "       countersign client list [--json]",
    "       countersign client set ID [--scope SCOPE… | --no-scopes] [--role ROLE… | --no-roles] [--grant GRANT]…",
    "                              [--introspect | --no-introspect] [--revoke] [--json]",
    "       countersign client rotate ID [--overlap DURATION | --jwks FILE] [--json]",
    "       countersign client disable ID [--json]",
    "       countersign client enable ID [--json]",
    "",
    "add       Add a client. Its secret is made for it and printed once. With --jwks it has no secret: it signs",
    "          assertions with its private key (private_key_jwt).",
    "set       Replace all scopes, all roles, all grants, or what else is named. Tokens of before last until they expire.",
    "rotate    Make a new secret, and print it once. The one before stays good for the overlap. With --jwks,",
    "          replace its keys at once.",
    "disable   Refuse it from now on, and revoke its tokens.",
    "",
    "Options:",
    "  --scope SCOPE        A scope that its tokens may have; as often as needed.",
    "  --role ROLE          A role; as often as needed.",
    `  --grant GRANT        ${Object.keys(CLIENT_GRANTS).join(", ")}; as often as needed.`,
    "                       Default: client_credentials.",
    "  --no-scopes          No scopes at all.",
    "  --no-roles           No roles at all.",
    "  --introspect         It may ask about the tokens of others; --no-introspect: it may no more.",
    "  --revoke             Revoke its tokens, so that what it loses is gone at once.",
    "  --jwks FILE          Its public keys: a JWK Set in a file.",
    `  --overlap DURATION   How long the secret before stays good, such as 0s or 7d. Default: ${DEFAULT_OVERLAP}.`,
    "  --json               JSON.",
  ].join("\n"),
  async run(args, terminal) {
    const own = {
      scope: { type: "string", multiple: true },
      role: { type: "string", multiple: true },
      grant: { type: "string", multiple: true },
      introspect: { type: "boolean" },
      "no-scopes": { type: "boolean" },
      "no-roles": { type: "boolean" },
      "no-introspect": { type: "boolean" },
      revoke: { type: "boolean" },
      jwks: { type: "string" },
      overlap: { type: "string" },
      json: { type: "boolean" },
    } as const;
    const line = readCommandLine(args, terminal.env, { own });
    const { words } = line;
    const choice = { command: "client", target: "CLIENT_ID", actions: ACTIONS, words };
    const { act, name: clientId } = chooseAction(choice);
    await using backend = await openCommandBackend(line.config);
    const call = { clients: backend.clients, clientId, line };
    (await orExplain(() => act(call))).forEach((text) => {
      terminal.print(text);
    });
  },
};

interface Call {
  readonly clients: Clients;
  readonly clientId: string;
  readonly line: CommandLine;
}

const ACTIONS: Readonly<Record<string, (call: Call) => Promise<readonly string[]>>> = {
  async add({ clients, clientId, line }) {
    const { scope, role, grant, introspect } = line.values;
    const made = await clients.create({
      clientId,
      scopes: namesOf(scope),
      roles: namesOf(role),
      grants: grant === undefined ? ["client_credentials"] : namesOf(grant),
      mayIntrospect: introspect === true,
      ...(await readKeys(line)),
    });
    return showSecret(made, line, "was added");
  },
  async list({ clients, line }) {
    return formatList(COLUMNS, (await clients.list()).map(toRow), { json: line.values.json === true });
  },
  async set({ clients, clientId, line }) {
    const change = readClientUpdate(line);
    const client = await clients.update(clientId, change);
    const effect = change.revokeTokens ? "its tokens are revoked" : "tokens that it has go on as they are";
    const { scopes, roles, grants, mayIntrospect } = client;
    const rights = formatRights({ scopes, roles, grants });
    return line.values.json === true
      ? [toJsonText(toRow(client))]
      : [`${clientId} now has ${rights}${mayIntrospect ? ", and may introspect" : ""}; ${effect}.`];
  },
  async rotate({ clients, clientId, line }) {
    const overlap = String(line.values.overlap ?? DEFAULT_OVERLAP);
    const overlapMs = parseDuration(overlap);
    if (overlapMs === undefined || (line.values.overlap !== undefined && line.values.jwks !== undefined)) {
      throw new UsageError("rotate takes either --jwks FILE or --overlap with a duration such as 0s or 24h");
    }
    const made = await clients.rotate(clientId, { overlapMs, ...(await readKeys(line)) });
    return showSecret(made, line, made.secret === undefined ? "has new keys" : "has a new secret");
  },
  async disable({ clients, clientId, line }) {
    await clients.disable(clientId);
    return showState(line, { client: clientId, disabled: true });
  },
  async enable({ clients, clientId, line }) {
    await clients.enable(clientId);
    return showState(line, { client: clientId, disabled: false });
  },
};

/** @throws UsageError when nothing is to change */
function readClientUpdate(line: CommandLine): ClientUpdate & { readonly revokeTokens: boolean } {
  const { grant, introspect, "no-introspect": noIntrospect, revoke } = line.values;
  if (introspect === true && noIntrospect === true) {
    throw new UsageError("set takes either --introspect or --no-introspect");
  }
  const isIntrospectGiven = introspect === true || noIntrospect === true;
  const change = {
    ...readNewRights(line),
    grants: grant === undefined ? undefined : namesOf(grant),
    mayIntrospect: isIntrospectGiven ? introspect === true : undefined,
  };
  assertChange(change);
  return { ...change, revokeTokens: revoke === true };
}

async function readKeys({ values }: CommandLine): Promise<{ readonly jwks?: string }> {
  if (typeof values.jwks !== "string") {
    return {};
  }
  try {
    return { jwks: await readFile(values.jwks, "utf8") };
  } catch (cause) {
    throw new CommandError(`the keys ${values.jwks} cannot be read`, { cause });
  }
}

/** A secret goes to standard output, and so into a file or a pipe, without a word around it when JSON is asked for. */
function showSecret(
  { client, secret }: ClientWithSecret,
  line: CommandLine,
  what: string,
): readonly string[] {
  if (line.values.json === true) {
    return [toJsonText({ ...toRow(client), ...(secret === undefined ? {} : { secret }) })];
  }
  return [
    `${client.clientId} ${what}.`,
    ...(secret === undefined ? [] : [`Its secret, which is not shown again: ${secret}`]),
  ];
}

function showState(
  { values }: CommandLine,
  state: { readonly client: string; readonly disabled: boolean },
): readonly string[] {
  const text = state.disabled ? "is disabled; its tokens are revoked" : "is enabled";
  return [values.json === true ? JSON.stringify(state) : `${state.client} ${text}.`];
}

const COLUMNS = [
  "client",
  "proof",
  "scopes",
  "roles",
  "grants",
  "introspects",
  "created",
  "disabled",
] as const;

function toRow(client: ClientRecord): Readonly<Record<(typeof COLUMNS)[number], Fact>> {
  return {
    client: client.clientId,
    proof: client.jwks === undefined ? "secret" : "keys",
    scopes: client.scopes,
    roles: client.roles,
    grants: client.grants,
    introspects: client.mayIntrospect,
    created: formatTime(client.createdAtMs),
    disabled: formatTime(client.disabledAtMs),
  };
}
