import { createServer } from "node:http";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { buildRequestListener, listen } from "@countersign/node";
import { clientSecret, createAuth, createSignals, principalOf } from "@countersign/server";
import { machineMs } from "../signals/machine-ms.ts";
import type { OwnServerSettings } from "./own-servers.ts";
import { latestSequence, untilSequence } from "./ticks.ts";

// A server of one's own, as docs/your-server.md has it: no database, no secret of the issuer.
const settings: OwnServerSettings = JSON.parse(process.env.FLEET_SERVER ?? "{}");

const signals = createSignals({
  issuer: settings.issuer,
  hubs: settings.hubs,
  credential: clientSecret(settings.clientId, settings.clientSecret),
});
const auth = createAuth({
  issuers: [{ issuer: settings.issuer, keys: { discovery: true } }],
  audience: settings.audience,
  signals,
  logRefusals: false,
  routes: (router) =>
    router.service(NotesService, {
      createNote: ({ title }, ctx) => ({ title, owner: principalOf(ctx).subject }),
      getNote: ({ id }) => ({ id, body: String(machineMs()) }),
      async *watchNotes({ afterSequence }, { signal }) {
        for (let sequence = afterSequence || latestSequence(); ; ) {
          sequence += 1n;
          await untilSequence(sequence, signal);
          yield { sequence, note: { body: String(machineMs()) } };
        }
      },
    }),
});
await auth.ready;
const listener = await listen(buildRequestListener({ ...auth }), { port: settings.port });
let isReady = true;
const health = createServer((_, res) => void res.writeHead(isReady ? 200 : 503).end());
health.listen(settings.healthPort, "127.0.0.1");
console.log("ready");

async function stop(): Promise<void> {
  isReady = false;
  await listener.close(settings.graceMs, { delayMs: settings.drainDelayMs });
  process.exit(0);
}

process.once("SIGTERM", () => void stop());
