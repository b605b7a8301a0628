import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { guardNodeServer } from "../../../server/node/src/guard-node-server.ts";
import { eventually } from "../../support/eventually.ts";
import { clientOf } from "../../support/rpc.ts";
import { streamKey, tokenFor } from "./stream-server.ts";

test("a server with another adapter is closed when it has stopped to listen and its streams are drained", async () => {
  const auth = createAuth({
    routes: (router) =>
      router.service(NotesService, {
        async *watchNotes(_, { signal }) {
          yield {};
          await once(signal, "abort");
        },
      }),
    issuers: [{ issuer: "https://issuer.example", keys: { jwks: { keys: [streamKey.jwk] } } }],
    audience: "ledger",
  });
  const server = guardNodeServer(createServer(connectNodeAdapter({ ...auth })));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = clientOf(NotesService, { baseUrl, protocol: "grpc", token: tokenFor(60_000) });
  const follow = async (): Promise<unknown> => {
    for await (const _ of client.watchNotes({})) {
      // as many as come
    }
    return undefined;
  };
  const ended = follow().catch((error: unknown) =>
    ConnectError.from(error).metadata.get("countersign-drain"),
  );
  await eventually(() => auth.streams.size === 1 || undefined);
  const closed = once(server, "close");
  server.close();
  await auth.drain(5_000);
  expect(await ended).toBe("1");
  await closed;
  await expect(follow()).rejects.toMatchObject({ code: expect.any(Number) });
});
