import { randomBytes } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createIssuer } from "@countersign/issuer";
import { bundleProgram } from "../../support/bundled-program.ts";
import { type ProgramResult, runProgram } from "../../support/program.ts";
import { createTemporaryFolder, databaseParent } from "../../support/temporary-folder.ts";
import { clockOffBy } from "../../support/wrong-clock.ts";
import { type FleetDatabase, startDatabase } from "./database.ts";
import { createMember, type Member } from "./member.ts";
import { createOwnServer } from "./own-servers.ts";
import { findFixedPorts } from "./ports.ts";
import { createProcesses, type Processes } from "./processes.ts";
import { createProxies, LANES, type LanePorts, type Proxies, type Upstreams } from "./proxies.ts";

/** How a fleet differs from the usual one. */
export interface FleetOptions {
  /** How many servers of each kind. Default: 3. */
  readonly size?: number | undefined;
  /** How long a token lasts, in seconds. Default: 20. */
  readonly lifeSeconds?: number | undefined;
  /** Whether a second Postgres follows the first. Default: false. */
  readonly hasReplica?: boolean | undefined;
  /** How far the clock of the last server of one's own is off, and against that of the last one that issues, in milliseconds. Default: 0. */
  readonly clockOffsetMs?: number | undefined;
  /** Where the tables are. Default: beside all else. */
  readonly dataFolder?: string | undefined;
}

/** A way into the fleet. */
export interface Lane {
  readonly name: (typeof LANES)[number];
  /** The base URL of servers that issue tokens. */
  readonly issuerUrl: string;
  /** That of servers of one's own. */
  readonly ownUrl: string;
}

/** Servers that issue tokens, servers of one's own, their proxies and their database: a process each. */
export interface Fleet extends AsyncDisposable {
  readonly issuers: readonly Member[];
  readonly own: readonly Member[];
  readonly proxies: Proxies;
  readonly database: FleetDatabase;
  readonly lanes: readonly Lane[];
  /** The servers of one's own themselves, past the proxies. */
  readonly ownUrls: readonly string[];
  /** How long after it was issued a server can accept a token at all, in milliseconds. */
  readonly tokensHoldMs: number;
  /** Run `countersign` on the database of the fleet. */
  command(args: readonly string[]): Promise<ProgramResult>;
}

/** The account of all sessions. */
export const ACCOUNT = { username: "ada", password: "correct horse battery" } as const;

const AUDIENCE = "fleet";
const CLIENT_ID = "billing";
const SCOPES = ["notes:read", "notes:write"];
const MAIN = fileURLToPath(new URL("../../../server/cli/src/main.ts", import.meta.url));

const LIFE_SECONDS = 20;
/** More than the servers forgive: a token is expired by then. */
const FORGIVEN_MS = 10_000;
/** How long servers take calls when they are to stop, and how long calls may take then, in milliseconds: as `serve` has it. */
const DRAIN_DELAY_MS = 5_000;
const GRACE_MS = 10_000;

/** Start a fleet. */
export async function startFleet(options: FleetOptions = {}): Promise<Fleet> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder(databaseParent())).path;
  // Postgres runs as another user, and has a folder in it.
  await chmod(folder, 0o711);
  const processes = stack.use(createProcesses());
  const plan = await planPlaces(options);
  const database = await startDatabase(processes, {
    ports: plan.databasePorts,
    folder: join(folder, "postgres"),
    dataFolder: options.dataFolder,
  });
  const store = { url: database.url, secretFile: join(folder, "secret"), issuer: plan.issuer, folder };
  const clientSecret = await fillStore(store);
  const env = toServeEnv(store, options);
  const { lifeSeconds = LIFE_SECONDS, clockOffsetMs = 0 } = options;
  const serve = await bundleProgram(MAIN);
  const parts: Parts = { processes, plan, env, clientSecret, clockOffsetMs };
  const issuers = createIssuers(serve, parts);
  const own = await createOwnServers(parts);
  const proxies = await createProxies(processes, plan.upstreams, { folder, lanes: plan.lanePorts });
  // Servers of one's own find the issuer through nginx. HAProxy comes last: it passes calls to those that are ready.
  for (const members of [[proxies.nginx], issuers, own, [proxies.haproxy]]) {
    await Promise.all(members.map((member) => member.start()));
  }
  const kept = stack.move();
  return {
    ...{ issuers, own, proxies, database },
    lanes: LANES.map((name) => ({
      name,
      issuerUrl: urlAt(plan.lanePorts[name].issuers),
      ownUrl: urlAt(plan.lanePorts[name].own),
    })),
    ownUrls: plan.upstreams.own.ports.map(urlAt),
    // One clock may be ahead, and the other one behind.
    tokensHoldMs: lifeSeconds * 1_000 + 2 * Math.abs(clockOffsetMs) + FORGIVEN_MS,
    command: (args) => runProgram({ file: process.execPath, args: [serve, ...args], env }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

interface Plan {
  readonly upstreams: Upstreams;
  readonly lanePorts: LanePorts;
  readonly databasePorts: readonly number[];
  /** The issuer's URL. */
  readonly issuer: string;
}

async function planPlaces({ size = 3, hasReplica = false }: FleetOptions): Promise<Plan> {
  const ports = (await findFixedPorts(4 * size + 2 * LANES.length + 2))[Symbol.iterator]();
  const take = (count: number): number[] => Array.from({ length: count }, () => ports.next().value ?? 0);
  const takePair = () => ({ issuers: take(1)[0] ?? 0, own: take(1)[0] ?? 0 });
  const lanePorts = { "nginx-stream": takePair(), "nginx-grpc": takePair(), haproxy: takePair() };
  return {
    upstreams: {
      issuers: { ports: take(size), healthPorts: take(size) },
      own: { ports: take(size), healthPorts: take(size) },
    },
    lanePorts,
    databasePorts: take(hasReplica ? 2 : 1),
    issuer: urlAt(lanePorts["nginx-stream"].issuers),
  };
}

interface StorePlace {
  readonly url: string;
  readonly secretFile: string;
  readonly issuer: string;
  readonly folder: string;
}

/** Make the tables, the keys, the account, and the client of servers of one's own. @returns its secret */
async function fillStore({ url, secretFile, issuer: name }: StorePlace): Promise<string> {
  await writeFile(secretFile, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  await using issuer = await createIssuer({
    store: { postgres: url },
    secret: { file: secretFile },
    url: name,
    audience: AUDIENCE,
    insecure: { passwordCost: { memoryKib: 64, passes: 1 } },
  });
  await issuer.accounts.create({ ...ACCOUNT, scopes: SCOPES, roles: [] });
  const { secret = "" } = await issuer.clients.create({
    clientId: CLIENT_ID,
    scopes: ["signals:read", "signals:renew"],
    roles: [],
    grants: ["client_credentials"],
    mayIntrospect: false,
  });
  return secret;
}

function toServeEnv({ url, secretFile, issuer, folder }: StorePlace, options: FleetOptions) {
  return {
    COUNTERSIGN_DATABASE_URL: url,
    COUNTERSIGN_SECRET_FILE: secretFile,
    COUNTERSIGN_DATA_DIR: folder,
    COUNTERSIGN_ISSUER: issuer,
    COUNTERSIGN_AUDIENCE: AUDIENCE,
    COUNTERSIGN_ACCESS_TTL: `${options.lifeSeconds ?? LIFE_SECONDS}s`,
    COUNTERSIGN_BEHIND_TLS_PROXY: "true",
    COUNTERSIGN_SIGN_INS_PER_MINUTE: "0",
    COUNTERSIGN_LOG_LEVEL: "warn",
  };
}

interface Parts {
  readonly processes: Processes;
  readonly plan: Plan;
  readonly env: Readonly<Record<string, string>>;
  readonly clientSecret: string;
  readonly clockOffsetMs: number;
}

function createIssuers(serve: string, { processes, plan, env, clockOffsetMs }: Parts): readonly Member[] {
  const { ports, healthPorts } = plan.upstreams.issuers;
  return ports.map((port, index) => {
    const own = { COUNTERSIGN_PORT: `${port}`, COUNTERSIGN_ADMIN_PORT: `${healthPorts[index]}` };
    const clock = index === ports.length - 1 ? clockOffBy(-clockOffsetMs) : {};
    return createMember(processes, {
      name: `serve at ${port}`,
      args: [process.execPath, serve, "serve"],
      options: { env: { ...process.env, ...env, ...own, ...clock } },
      ready: /Countersign is ready/,
    });
  });
}

function createOwnServers({
  processes,
  plan,
  clientSecret,
  clockOffsetMs,
}: Parts): Promise<readonly Member[]> {
  const { own, issuers } = plan.upstreams;
  const shared = {
    ...{ issuer: plan.issuer, hubs: issuers.ports.map(urlAt), audience: AUDIENCE },
    ...{ clientId: CLIENT_ID, clientSecret, drainDelayMs: DRAIN_DELAY_MS, graceMs: GRACE_MS },
  };
  const servers = own.ports.map((port, index) => {
    const place = { port, healthPort: own.healthPorts[index] ?? 0 };
    const clock = index === own.ports.length - 1 ? clockOffBy(clockOffsetMs) : {};
    return createOwnServer(processes, { ...shared, ...place }, clock);
  });
  return Promise.all(servers);
}

function urlAt(port: number): string {
  return `http://127.0.0.1:${port}`;
}
