import { createClient } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { fromFunction } from "@countersign/sdk";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { expect, test } from "vitest";
import { buildRequestListener } from "../../../../server/node/src/build-server.ts";
import { listen } from "../../../../server/node/src/listener.ts";

test("a server is called by its IPv6 address", async () => {
  const handler = buildRequestListener({
    routes: (router) => router.service(NotesService, { createNote: ({ title }) => ({ title }) }),
    requestGate: () => {},
    interceptors: [],
  });
  const listener = await listen(handler, { host: "::1" });
  const session = createSession({ baseUrl: listener.origin, source: fromFunction(async () => "token") });
  const client = createClient(NotesService, createNodeTransport({ baseUrl: listener.origin, session }));
  expect(listener.origin).toMatch(/^http:\/\/\[::1\]:/);
  expect((await client.createNote({ title: "six" })).title).toBe("six");
  session.dispose();
  await listener.close(0);
});
