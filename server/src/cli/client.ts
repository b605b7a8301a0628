import { readFile } from "node:fs/promises";
import { systemClock } from "../clock.ts";
import { CLIENT_GRANTS } from "../credentials/client-names.ts";
import { type Clients, type ClientWithSecret, createClients } from "../credentials/clients.ts";
import { endSessions } from "../issue/end-sessions.ts";
import type { AuditSink } from "../operate/audit.ts";
import { toNewRevocation } from "../revoke/revocation-order.ts";
import type { ClientRecord } from "../store/clients.ts";
import type { Store } from "../store/database.ts";
import { insertRevocations } from "../store/revocations.ts";
import type { Command } from "./command.ts";
import { type CommandLine, readCommandLine } from "./config.ts";
import { parseDuration } from "./duration.ts";
import { openAudit } from "./open-audit.ts";
import { openStore } from "./open-store.ts";
import { formatTable, formatTime } from "./table.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/** How long the secret before stays good: time to bring the new one to every machine. */
const DEFAULT_OVERLAP = "24h";

/** `countersign client`: the programs that sign in as themselves. */
export const clientCommand: Command = {
  name: "client",
  summary: "Add, list, rotate and disable clients: programs that sign in as themselves.",
  settings: "store",
  usage: [
    "Usage: countersign client add ID [--scope SCOPE]… [--role ROLE]… [--grant GRANT]… [--introspect]",
    "                              [--jwks FILE] [--json]",
    "       countersign client list [--json]",
    "       countersign client rotate ID [--overlap DURATION | --jwks FILE] [--json]",
    "       countersign client disable ID [--json]",
    "       countersign client enable ID [--json]",
    "",
    "add       Add a client. Its secret is made for it and printed once. With --jwks it has no secret: it signs",
    "          assertions with its private key (private_key_jwt).",
    "rotate    Make a new secret, and print it once. The one before stays good for the overlap. With --jwks,",
    "          replace its keys at once.",
    "disable   Refuse it from now on, and revoke its tokens.",
    "",
    "Options:",
    "  --scope SCOPE        A scope that its tokens may have; as often as needed.",
    "  --role ROLE          A role; as often as needed.",
    `  --grant GRANT        ${Object.keys(CLIENT_GRANTS).join(", ")}; as often as needed.`,
    "                       Default: client_credentials.",
    "  --introspect         It may ask about the tokens of others.",
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
      jwks: { type: "string" },
      overlap: { type: "string" },
      json: { type: "boolean" },
    } as const;
    const line = readCommandLine(args, terminal.env, { own });
    const [action = "", clientId, ...more] = line.words;
    const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (act === undefined || more.length > 0 || (action === "list") !== (clientId === undefined)) {
      throw new UsageError("client takes an action and, but for list, one identifier");
    }
    await using audit = openAudit(line.config, (error) => {
      throw error;
    });
    await using store = await openStore(line.config);
    const call = { clients: openClients(store, audit), clientId: clientId ?? "", line };
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
      scopes: toNames(scope),
      roles: toNames(role),
      grants: grant === undefined ? ["client_credentials"] : toNames(grant),
      mayIntrospect: introspect === true,
      ...(await readKeys(line)),
    });
    return showSecret(made, line, "was added");
  },
  async list({ clients, line }) {
    const rows = (await clients.list()).map(toRow);
    return line.values.json === true
      ? [JSON.stringify(rows, undefined, 2)]
      : formatTable(
          ["CLIENT", "PROOF", "SCOPES", "ROLES", "GRANTS", "INTROSPECTS", "CREATED", "DISABLED"],
          rows.map((row) => Object.values(row)),
        );
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

function openClients(store: Store, audit: AuditSink): Clients {
  // Servers that run on the same store learn of what is revoked from it.
  const context = { store, clock: systemClock, audit, revocations: { learn: () => {} } };
  return createClients({
    store,
    clock: systemClock,
    audit,
    sessions: { end: (end) => endSessions(context, end) },
    revocations: {
      revoke: (order) => insertRevocations(store, [toNewRevocation(order, systemClock.nowMs())]),
    },
  });
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
    return [JSON.stringify({ ...toRow(client), ...(secret === undefined ? {} : { secret }) })];
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

function toRow(client: ClientRecord): Readonly<Record<string, string>> {
  return {
    client: client.clientId,
    proof: client.jwks === undefined ? "secret" : "keys",
    scopes: client.scopes.join(" "),
    roles: client.roles.join(" "),
    grants: client.grants.join(" "),
    introspects: client.mayIntrospect ? "yes" : "no",
    created: formatTime(client.createdAtMs),
    disabled: formatTime(client.disabledAtMs),
  };
}

function toNames(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** What clients refuse is the operator's to mend, so the message is enough. */
async function orExplain<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof UsageError || cause instanceof CommandError) throw cause;
    throw new CommandError(cause instanceof Error ? cause.message : "failed", { cause });
  }
}
