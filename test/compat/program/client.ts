import { createClient } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { buildRequestListener, listen } from "@countersign/node";
import { systemClock } from "@countersign/sdk";
import { createNodeTransport, createSession } from "@countersign/sdk/node";
import { createFakeServer } from "@countersign/sdk/testing";

// The life of a session of the SDK, on the Connect of this folder: it signs in, calls, streams and signs out.

const server = createFakeServer({ clock: systemClock });
const handler = buildRequestListener({
  routes(router) {
    server.routes(router);
    router.service(NotesService, {
      createNote({ title }, { requestHeader }) {
        server.authenticate(requestHeader);
        return { id: "1", title };
      },
      async *watchNotes(_request, { requestHeader }) {
        server.authenticate(requestHeader);
        yield { sequence: 1n };
        yield { sequence: 2n };
      },
    });
  },
  requestGate: () => {},
  interceptors: [],
});
const listener = await listen(handler);
const baseUrl = listener.origin;

const session = createSession({ baseUrl });
const transport = createNodeTransport({ baseUrl, session });
await session.signIn({ username: "demo", password: "demo-password" });
const notes = createClient(NotesService, transport);
const done = [(await notes.createNote({ title: "first" })).title];
for await (const { sequence } of notes.watchNotes({})) {
  done.push(String(sequence));
}
done.push(`revoked: ${(await session.signOut()).revoked}`);
await listener.close(0);
process.stdout.write(`${done.join(", ")}\n`);
