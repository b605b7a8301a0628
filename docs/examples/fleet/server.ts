import { once } from "node:events";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { buildRequestListener, listen } from "@countersign/node";
import { clientSecret, createAuth, createSignals, principalOf } from "@countersign/server";

const { ISSUER = "http://127.0.0.1:8080", SIGNALS_SECRET = "", PORT = "0" } = process.env;

// One call to the issuer tells this server what is revoked. It needs no database.
const signals = createSignals({ issuer: ISSUER, credential: clientSecret("notes", SIGNALS_SECRET) });
const auth = createAuth({
  routes: (router) =>
    router.service(NotesService, {
      listNotes: (_, ctx) => ({ notes: [{ owner: principalOf(ctx).subject }] }),
      async *watchNotes(_, { signal }) {
        yield { sequence: 1n };
        await once(signal, "abort");
      },
    }),
  issuers: [{ issuer: ISSUER, keys: { discovery: true } }],
  audience: "countersign-demo",
  signals,
});
await auth.ready;
const listener = await listen(buildRequestListener({ ...auth }), { port: Number(PORT) });
console.log(`listening at ${listener.origin}`);

const stop = () => void listener.close(10_000).then(() => signals.close());
process.once("SIGTERM", stop).once("SIGINT", stop);
