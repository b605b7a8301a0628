import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import {
  CAEP,
  type EventTransmitter,
  POLL_AUTHORIZATION,
  RISC,
  STREAM_ID,
  startEventTransmitter,
} from "../support/event-transmitter.ts";
import { eventually } from "../support/eventually.ts";
import { notEmpty } from "../support/not-empty.ts";
import { startServer } from "../support/server-process.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { signToken } from "../support/tokens.ts";
import { failToStart } from "./fail-to-start.ts";
import { claimsOf, key } from "./issuer-check/check.ts";
import { startCommand } from "./running-command.ts";

const ISSUER = "https://login.example";
const AUDIENCE = "https://notes.example/security-events";
/** Before each event: later tokens of a subject are good. */
const ISSUED_AT_S = Math.floor(Date.now() / 1_000) - 60;
const PUSH_AUTHORIZATION = "Bearer of-the-push";

/** Write a file of one issuer whose events come from a transmitter. @returns the arguments of a server with it */
async function writeIssuers(folder: string, transmitter: EventTransmitter): Promise<readonly string[]> {
  const sharedSignals = {
    audiences: [AUDIENCE],
    transmitter: transmitter.name,
    push: { authorizationFile: "push-authorization" },
    poll: { url: `${transmitter.name}/poll` },
    streamId: STREAM_ID,
    bearerTokenFile: "poll-token",
  };
  const issuer = { issuer: ISSUER, audiences: ["notes"], keys: { jwks: { keys: [key.jwk] } }, sharedSignals };
  const path = join(folder, "issuers.json");
  await writeFile(path, JSON.stringify([issuer]));
  await writeFile(join(folder, "push-authorization"), `${PUSH_AUTHORIZATION}\n`);
  await writeFile(join(folder, "poll-token"), `${POLL_AUTHORIZATION.slice("Bearer ".length)}\n`);
  return ["--audience", "notes", "--trusted-issuers", path];
}

/** Call with a token of the issuer. @returns the status */
async function call(baseUrl: string, sub: string, sid: string): Promise<number> {
  const token = signToken(key, claimsOf(ISSUER, { sub, sid, iat: ISSUED_AT_S }));
  const { status } = await fetch(`${baseUrl}/countersign.auth.v1.SessionService/WhoAmI`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: "{}",
  });
  return status;
}

test("a server takes the events of an issuer's transmitter, by push and by poll, and counts them", async () => {
  await using folder = await createTemporaryFolder();
  await using transmitter = await startEventTransmitter(AUDIENCE);
  const args = await writeIssuers(folder.path, transmitter);
  await using server = await startCommand(["serve", ...args], { dataDir: folder.path });
  const { baseUrl, terminal } = server;
  const calls = () =>
    Promise.all([call(baseUrl, "ada", "s-1"), call(baseUrl, "ada", "s-2"), call(baseUrl, "bob", "s-3")]);
  expect(await calls()).toEqual([200, 200, 200]);

  const session = { format: "opaque", id: "s-1" };
  const revoked = transmitter.sign({
    type: `${CAEP}session-revoked`,
    subject: { format: "complex", session },
  });
  const push = (token: string) =>
    transmitter.push(`${baseUrl}/security-events`, token, { authorization: PUSH_AUTHORIZATION });
  expect((await transmitter.push(`${baseUrl}/security-events`, revoked)).status).toBe(400);
  expect((await push(revoked)).status).toBe(202);
  expect(await calls()).toEqual([401, 200, 200]);

  const subject = { format: "iss_sub", iss: ISSUER, sub: "ada" };
  transmitter.publish(revoked);
  transmitter.publish(transmitter.sign({ type: `${RISC}account-disabled`, subject }));
  transmitter.publish(
    transmitter.sign({ type: `${RISC}account-disabled`, subject, claims: { aud: "other" } }),
  );
  await eventually(() => (transmitter.waiting === 0 && transmitter.acknowledged.size >= 3) || undefined);
  expect(await calls()).toEqual([401, 401, 200]);
  expect([...transmitter.refused.values()]).toMatchObject([{ err: "invalid_audience" }]);

  const [, admin = ""] = /\(admin (\S+)\)/.exec(terminal.printed.join("\n")) ?? [];
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  for (const line of [
    'countersign_logouts_total{kind="push",event="session-revoked",result="taken"} 1',
    'countersign_logouts_total{kind="poll",event="session-revoked",result="repeated"} 1',
    'countersign_logouts_total{kind="poll",event="account-disabled",result="taken"} 1',
    'countersign_logouts_total{kind="poll",event="verification",result="ignored"} 1',
  ]) {
    expect(metrics).toContain(line);
  }
  expect(metrics).toMatch(/countersign_event_stream_verified_seconds\{issuer="[^"]+"\} \d{10}/);
  const log = terminal.warned.join("\n");
  expect(log).toContain("aud does not name this receiver; expected");
  expect(log).not.toContain(PUSH_AUTHORIZATION.slice("Bearer ".length));
});

const push = {};
const poll = { url: "https://login.example/poll" };
const audiences = [AUDIENCE];

test.each(
  notEmpty([
    { sharedSignals: { audiences }, says: "sharedSignals of issuer .* needs push or poll" },
    { sharedSignals: { push }, says: "sharedSignals.audiences: is missing" },
    { sharedSignals: { audiences, pol: poll }, says: '"sharedSignals.pol": did you mean sharedSignals.poll' },
    {
      sharedSignals: { audiences, poll: { url: "http://login.example/poll" } },
      says: "must be an https:// URL",
    },
    { sharedSignals: { audiences, push, transmitter: "login" }, says: "sharedSignals.transmitter" },
    {
      sharedSignals: { audiences, push: { authorizationFile: "nowhere" } },
      says: "authorizationFile .*nowhere does not exist",
    },
    {
      sharedSignals: { audiences, poll, client: { id: "a", secretFile: "issuers.json" } },
      says: "secretFile .* must have one line of text in it",
    },
    { sharedSignals: { audiences, push }, clientsOnly: true, says: "has clientsOnly and sharedSignals" },
  ]),
)("a server whose file says $sharedSignals does not start, and says why", async ({ says, ...entry }) => {
  await using folder = await createTemporaryFolder();
  const path = join(folder.path, "issuers.json");
  const issuer = { issuer: ISSUER, keys: { jwks: { keys: [key.jwk] } }, ...entry };
  await writeFile(path, JSON.stringify([issuer], undefined, 2));
  const { code, err } = await failToStart(folder.path, [
    "serve",
    "--audience",
    "notes",
    "--trusted-issuers",
    path,
  ]);
  expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(says) as string });
});

test("kills of the server lose no event that is polled, and none has an effect twice", async () => {
  await using folder = await createTemporaryFolder();
  await using transmitter = await startEventTransmitter(AUDIENCE);
  const args = await writeIssuers(folder.path, transmitter);
  const start = () => startServer({ command: "serve", args, dataDir: folder.path });
  const sessions = Array.from({ length: 60 }, (_, at) => `s-${at}`);
  const publish = (ids: readonly string[]) => {
    for (const id of ids) {
      const subject = { format: "complex", session: { format: "opaque", id } };
      transmitter.publish(transmitter.sign({ type: `${CAEP}session-revoked`, subject }));
    }
  };
  {
    await using killed = await start();
    publish(sessions.slice(0, 30));
    await eventually(() => transmitter.acknowledged.size > 0 || undefined, { intervalMs: 1 });
    publish(sessions.slice(30));
    await killed.program.end("SIGKILL");
  }
  await using server = await start();
  await eventually(() => transmitter.waiting === 0 || undefined);
  const statuses = await Promise.all(sessions.map((sid) => call(server.baseUrl, "ada", sid)));
  expect(new Set(statuses)).toEqual(new Set([401]));
  expect(await call(server.baseUrl, "ada", "another")).toBe(200);
  using database = new DatabaseSync(join(folder.path, "countersign.db"), { readOnly: true });
  const rows = database.prepare("select value from revocations where issuer = ?").all(ISSUER);
  expect(rows).toHaveLength(sessions.length);
  expect(new Set(rows.map(({ value }) => value))).toEqual(new Set(sessions));
});
