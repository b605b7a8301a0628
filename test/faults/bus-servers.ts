import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { bundleProgram } from "../support/bundled-program.ts";
import { type RunningProgram, startProgram } from "../support/program.ts";
import { createSigningKey, signToken } from "../support/tokens.ts";

/** What a process is given, in its environment. */
export interface BusServerSettings {
  readonly secret: string;
  /** The public key of the issuer. */
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly issuer: string;
  readonly audience: string;
  /** The client that the issuer sends logouts for. */
  readonly client: string;
  /** The URL of a database for the bus over Postgres. */
  readonly postgres: string;
  /** The URL of a server for the bus over NATS. */
  readonly nats: string;
}

/** A process with a server for each bus. */
export interface BusServers {
  readonly program: RunningProgram;
  readonly urls: Readonly<Record<"postgres" | "nats", string>>;
}

const CHILD = fileURLToPath(new URL("bus-server-child.ts", import.meta.url));
const ISSUER = "https://login.example";

/** Make what starts such processes, and signs tokens for them. */
export function createBusServers(urls: Pick<BusServerSettings, "nats" | "postgres">) {
  const key = createSigningKey("ES256", "key-1");
  const audience = "billing";
  const client = "billing-pages";
  const secret = randomBytes(32).toString("base64url");
  const settings: BusServerSettings = { ...urls, secret, jwk: key.jwk, issuer: ISSUER, audience, client };
  return {
    async start(): Promise<BusServers> {
      const program = startProgram({
        file: process.execPath,
        args: [await bundleProgram(CHILD)],
        env: { BUS_SERVER: JSON.stringify(settings) },
      });
      const [line] = await program.untilPrinted(/^\{.*\}$/m);
      const ports = JSON.parse(line) as Readonly<Record<"postgres" | "nats", number>>;
      const toUrl = (port: number): string => `http://127.0.0.1:${port}`;
      return { program, urls: { postgres: toUrl(ports.postgres), nats: toUrl(ports.nats) } };
    },
    tokenOf(sessionId: string, lifeSeconds = 600): string {
      const iat = Math.floor(Date.now() / 1_000);
      const identity = { iss: ISSUER, sub: "ada", aud: audience, client_id: "app", sid: sessionId };
      return signToken(key, {
        ...identity,
        iat,
        exp: iat + lifeSeconds,
        jti: sessionId,
        scope: "notes:read",
      });
    },
    /** Make a logout token of a session. */
    logoutOf(sessionId: string): string {
      const iat = Math.floor(Date.now() / 1_000);
      const events = { "http://schemas.openid.net/event/backchannel-logout": {} };
      const claims = {
        iss: ISSUER,
        aud: client,
        sid: sessionId,
        jti: sessionId,
        iat,
        exp: iat + 120,
        events,
      };
      return signToken(key, claims, { typ: "logout+jwt" });
    },
  };
}
