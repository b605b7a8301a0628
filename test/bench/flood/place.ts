import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { signIn } from "../../support/rpc.ts";
import { runCountersign } from "../../support/server-process.ts";
import { createTemporaryFolder, databaseParent } from "../../support/temporary-folder.ts";
import { ALGORITHM, AUDIENCE, ISSUER } from "../fixture/tokens.ts";
import { type Child, startChild } from "../run/child.ts";
import type { Attack } from "./flood.ts";

/** A server, those who call it well, and those who flood it, each in a process of its own. */
export interface Place extends AsyncDisposable, Pick<Attack, "client"> {
  readonly server: Child;
  readonly good: Child;
  readonly attacker: Child;
  readonly port: number;
  /** Tokens of sessions of the account `demo`, which call well. */
  readonly goodTokens: readonly string[];
  /** Tokens of sessions of the account `admin`, which the attacker has. */
  readonly badTokens: readonly string[];
}

const GOOD_CLIENTS = 10;
const ATTACKERS = 4;
const CLIENT_ID = "flooder";
const ADMIN = { username: "admin", password: "admin-password" };

/**
 * Start a server of the demo over an empty store on SQLite, and sign all clients in.
 *
 * @param isBehindProxy whether it takes callers' addresses from `X-Forwarded-For`
 */
export async function startPlace(isBehindProxy: boolean): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const { path: dataDir } = stack.use(await createTemporaryFolder(databaseParent()));
  const attacker = stack.use(startChild(new URL("./flood-child.ts", import.meta.url), { core: "load" }));
  const good = stack.use(startChild(new URL("./good-child.ts", import.meta.url), { core: "load" }));
  const rights = ["--scope", "notes:read", "--grant", "client_credentials"];
  const added = await runCountersign(["client", "add", CLIENT_ID, "--create", ...rights, "--json"], {
    COUNTERSIGN_DATA_DIR: dataDir,
  });
  const issuersFile = join(dataDir, "issuers.json");
  const jwks = await attacker.ask("keys");
  const trusted = { issuer: ISSUER, audiences: [AUDIENCE], algorithms: [ALGORITHM], keys: { jwks } };
  await writeFile(issuersFile, JSON.stringify([trusted]));
  const server = stack.use(
    startChild(new URL("./server-child.ts", import.meta.url), {
      core: "server",
      nodeOptions: ["--expose-gc"],
    }),
  );
  const options = {
    "data-dir": dataDir,
    "trusted-issuers": issuersFile,
    "log-level": "error",
    "access-ttl": "2h",
  };
  const args = Object.entries({ ...FREE_PORTS, ...options }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const port = await server.ask<number>("start", ["demo", ...args, ...(isBehindProxy ? BEHIND_PROXY : [])]);
  const baseUrl = `http://127.0.0.1:${port}`;
  const goodTokens = await signInAll(baseUrl, GOOD_CLIENTS);
  const badTokens = await signInAll(baseUrl, ATTACKERS, ADMIN);
  await good.ask("open", { port, tokens: goodTokens });
  const client = { id: CLIENT_ID, secret: String(JSON.parse(added.stdout).secret) };
  const kept = stack.move();
  return {
    ...{ server, good, attacker, port, goodTokens, badTokens, client },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const FREE_PORTS = { port: 0, "admin-port": 0 };
const BEHIND_PROXY = ["--behind-tls-proxy", "--issuer", "https://auth.example.com"];

/** One after the other: a server checks few passwords at a time. */
async function signInAll(
  baseUrl: string,
  count: number,
  account?: Parameters<typeof signIn>[1],
): Promise<readonly string[]> {
  const tokens: string[] = [];
  while (tokens.length < count) {
    tokens.push((await signIn(baseUrl, account)).accessToken);
  }
  return tokens;
}
