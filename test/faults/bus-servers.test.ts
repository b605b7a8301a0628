import { randomBytes } from "node:crypto";
import { Code, ConnectError } from "@connectrpc/connect";
import { StreamService } from "@countersign/gen/countersign/auth/v1/stream_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { installNats, startNats, type TestNats } from "../support/nats.ts";
import { startPostgres, type TestPostgres } from "../support/postgres.ts";
import { clientOf } from "../support/rpc.ts";
import { type BusServers, createBusServers } from "./bus-servers.ts";

const isThere = installNats();
const need = isThere ? "" : " (skipped: it needs a NATS server, apt-get install nats-server)";

describe.skipIf(!isThere)(`three servers of one's own, in processes of their own${need}`, () => {
  let postgres: TestPostgres;
  let nats: TestNats;
  let fleet: ReturnType<typeof createBusServers>;
  let servers: BusServers[];
  beforeAll(async () => {
    [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
    fleet = createBusServers({ postgres: await postgres.createDatabase(), nats: nats.url });
    servers = await Promise.all([fleet.start(), fleet.start(), fleet.start()]);
  });
  afterAll(async () => {
    await Promise.all((servers ?? []).map(({ program }) => program.end("SIGKILL")));
    await nats?.[Symbol.asyncDispose]();
    await postgres?.[Symbol.asyncDispose]();
  });

  /** Open a stream at a server. */
  async function watchAt(baseUrl: string, token: string) {
    const streamId = randomBytes(16).toString("base64url");
    let owner = "";
    const options = {
      headers: { "countersign-stream-id": streamId },
      onHeader: (header: Headers) => {
        owner = header.get("countersign-stream-owner") ?? "";
      },
    };
    const notes = clientOf(NotesService, { baseUrl, token, protocol: "grpc" });
    const stream = notes.watchNotes({}, options)[Symbol.asyncIterator]();
    await stream.next();
    const ended = stream.next().then(
      () => Code.Unknown,
      (error: unknown) => ConnectError.from(error).code,
    );
    return { streamId, owner, ended };
  }

  const fateAt = (baseUrl: string, token: string): Promise<Code | "good"> =>
    clientOf(NotesService, { baseUrl, token })
      .getNote({ id: "1" })
      .then(
        () => "good" as const,
        (error: unknown) => ConnectError.from(error).code,
      );

  /** Send a server a logout, as a provider does. @returns the status of its answer */
  async function logOutAt(baseUrl: string, sessionId: string): Promise<number> {
    const body = new URLSearchParams({ logout_token: fleet.logoutOf(sessionId) });
    return (await fetch(`${baseUrl}/backchannel-logout`, { method: "POST", body })).status;
  }

  test.each(["postgres", "nats"] as const)(
    "renew each other's streams, and end them with the session, over %s",
    async (bus) => {
      const [one = "", two = "", three = ""] = servers.map(({ urls }) => urls[bus]);
      const [session, other] = [`${bus} session`, `${bus} other`];
      const token = fleet.tokenOf(session);
      const stream = await watchAt(one, token);
      const kept = await watchAt(two, fleet.tokenOf(other));
      for (const streams of [
        [{ streamId: stream.streamId, owner: stream.owner }],
        [{ streamId: stream.streamId }],
      ]) {
        const renew = () => clientOf(StreamService, { baseUrl: three, token }).renew({ streams });
        // A busy machine may take longer than a server waits.
        const renewed = await eventually(async () => {
          const found = await renew();
          return found.streams.length > 0 ? found : undefined;
        });
        expect(renewed.streams.map(({ streamId }) => streamId)).toEqual([stream.streamId]);
      }
      await expect(
        clientOf(StreamService, { baseUrl: three, token: fleet.tokenOf(other) }).renew({
          streams: [{ streamId: stream.streamId, owner: stream.owner }],
        }),
      ).rejects.toMatchObject({ code: Code.PermissionDenied });

      expect(await logOutAt(two, session)).toBe(200);
      expect(await stream.ended).toBe(Code.Unauthenticated);
      for (const url of [one, two, three]) {
        await eventually(async () => (await fateAt(url, token)) === Code.Unauthenticated || undefined);
        expect(await fateAt(url, fleet.tokenOf(other))).toBe("good");
      }
      expect(await logOutAt(one, other)).toBe(200);
      expect(await kept.ended).toBe(Code.Unauthenticated);
    },
  );

  test("tell one that starts later, and catch up when what carries the messages was killed", async () => {
    const [first] = servers;
    await Promise.all([postgres.stop("crash"), nats.kill()]);
    for (const bus of ["postgres", "nats"] as const) {
      const url = first?.urls[bus] ?? "";
      // The provider is to send it again, and it holds here already.
      expect(await logOutAt(url, `${bus} away`)).toBe(503);
      expect(await fateAt(url, fleet.tokenOf(`${bus} away`))).toBe(Code.Unauthenticated);
    }
    await Promise.all([postgres.start(), nats.start()]);
    const started = await fleet.start();
    servers.push(started);
    for (const bus of ["postgres", "nats"] as const) {
      expect(await fateAt(started.urls[bus], fleet.tokenOf(`${bus} session`))).toBe(Code.Unauthenticated);
      for (const { urls } of servers) {
        const token = fleet.tokenOf(`${bus} away`);
        await eventually(async () => (await fateAt(urls[bus], token)) === Code.Unauthenticated || undefined);
      }
    }
  });
});
