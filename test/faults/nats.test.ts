import { randomBytes } from "node:crypto";
import { Code, ConnectError } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { Client } from "pg";
import { expect, test } from "vitest";
import { startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { findFreePort } from "../support/free-port.ts";
import { installNats, startNats } from "../support/nats.ts";
import { clientOf, signIn } from "../support/rpc.ts";

const isThere = installNats();
const need = isThere ? "" : " (skipped: it needs a NATS server, apt-get install nats-server)";

const PASSWORD = "nats-pa55";

test.skipIf(!isThere)(`two servers on NATS lose nothing when it is killed, and say so${need}`, async () => {
  await using nats = await startNats(["--user", "countersign", "--pass", PASSWORD]);
  const bus = nats.url.replace("//", `//countersign:${PASSWORD}@`);
  const admins = [await findFreePort(), await findFreePort()];
  const envs = admins.map((port) => ({ COUNTERSIGN_ADMIN_PORT: String(port), COUNTERSIGN_BUS: bus }));
  await using cluster = await startCluster(envs);
  const [here, there] = [cluster.at(0).baseUrl, cluster.at(1).baseUrl];
  const statusOf = async (port: number) =>
    (await fetch(`http://127.0.0.1:${port}/readyz`)).json() as Promise<{ bus?: string; status: string }>;
  const untilBus = (state: string) =>
    Promise.all(
      admins.map((port) => eventually(async () => (await statusOf(port)).bus === state || undefined)),
    );

  /** Sign in at one server, open a stream at the other, and renew it at the first. */
  const renewAcross = async () => {
    const { accessToken: token } = await signIn(here);
    const notes = clientOf(NotesService, { baseUrl: there, protocol: "grpc", token });
    const { sequence } = await notes.createNote({ title: "first" });
    const streamId = randomBytes(16).toString("base64url");
    const headers = { "countersign-stream-id": streamId };
    const stream = notes.watchNotes({ afterSequence: sequence - 1n }, { headers })[Symbol.asyncIterator]();
    await stream.next();
    const ended = stream.next().catch((error: unknown) => ConnectError.from(error).code);
    const renew = () => clientOf(StreamService, { baseUrl: here, token }).renew({ streamIds: [streamId] });
    return { token, ended, renew };
  };

  await untilBus("delivered");
  const first = await renewAcross();
  await eventually(async () => (await first.renew()).streams.length === 1 || undefined);
  await clientOf(SessionService, { baseUrl: here, token: first.token }).signOut({});
  expect(await first.ended).toBe(Code.Unauthenticated);
  expect(await countListeners(cluster.databaseUrl)).toBe(0);

  await nats.kill();
  await untilBus("failed");
  const second = await renewAcross();
  await expect(second.renew()).rejects.toMatchObject({ code: Code.Unavailable });
  await clientOf(SessionService, { baseUrl: here, token: second.token }).signOut({});
  // No message brings it: the other server finds it behind its cursor.
  expect(await second.ended).toBe(Code.Unauthenticated);
  await Promise.all(
    admins.map(async (port) => expect(await statusOf(port)).toMatchObject({ status: "ready" })),
  );

  await nats.start();
  await untilBus("delivered");
  const third = await renewAcross();
  await eventually(async () => (await third.renew()).streams.length === 1 || undefined);
  await clientOf(SessionService, { baseUrl: here, token: third.token }).signOut({});
  expect(await third.ended).toBe(Code.Unauthenticated);
  for (const { program } of cluster.servers) {
    const { stdout, stderr } = program.output();
    expect(stdout + stderr).toContain("there is no connection to NATS");
    expect(stdout + stderr).not.toContain(PASSWORD);
  }
});

/** Count the connections of servers that wait for NOTIFY. */
async function countListeners(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    `SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query ~ '^LISTEN|advisory_lock_shared'`,
  );
  await client.end();
  return rows.length;
}
