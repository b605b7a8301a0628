import { setTimeout as sleep } from "node:timers/promises";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { buildRequestListener, listen } from "@countersign/node";

// A server in a process of its own, whose calls take a while. On SIGTERM it stops gracefully, and cuts off what takes longer.

const CALL_MS = 40;
const GRACE_MS = 120;

const handler = buildRequestListener({
  requestGate: () => undefined,
  interceptors: [],
  routes: (router) =>
    router.service(NotesService, {
      async createNote({ title }) {
        await sleep(CALL_MS);
        return { title };
      },
      async *watchNotes() {
        for (let sequence = 1n; sequence <= 10n; sequence += 1n) {
          yield { sequence };
          await sleep(CALL_MS);
        }
      },
      async importNotes(requests) {
        let created = 0;
        for await (const _ of requests) {
          created += 1;
        }
        return { created };
      },
      async *syncNotes(requests) {
        for await (const { noteId } of requests) {
          yield { noteId };
        }
      },
    }),
});
const listener = await listen(handler, { port: Number(process.argv[2]) });
process.once("SIGTERM", () => void listener.close(GRACE_MS).then(() => process.exit(0)));
process.stdout.write(`port ${listener.address.port}\n`);
