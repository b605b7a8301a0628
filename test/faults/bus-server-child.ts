import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createNatsBus, createPostgresBus } from "@countersign/issuer/bus";
import { buildRequestListener, listen } from "@countersign/node";
import { createAuth, createLogoutReceiver, createSignals, type MessageBus } from "@countersign/server";
import type { BusServerSettings } from "./bus-servers.ts";

// A process with a server of one's own for each bus. Its tokens are of an issuer that has never heard of Countersign.
const { secret, jwk, issuer, audience, client, ...urls }: BusServerSettings = JSON.parse(
  process.env.BUS_SERVER ?? "{}",
);

async function serve(bus: MessageBus): Promise<number> {
  const signals = createSignals({ bus, secret });
  const issuers = [
    { issuer, keys: { jwks: { keys: [jwk] } }, logout: { audiences: [client], match: "session" } },
  ] as const;
  const logouts = createLogoutReceiver({ issuers, sink: signals.logouts });
  const auth = createAuth({
    issuers,
    audience,
    signals,
    logouts,
    logRefusals: false,
    routes: (router) =>
      router.service(NotesService, {
        getNote: ({ id }) => ({ id }),
        async *watchNotes(_, { signal }) {
          yield {};
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
      }),
  });
  await auth.ready;
  return (await listen(buildRequestListener({ ...auth, endpoints: logouts.endpoints }))).address.port;
}

const buses = {
  postgres: await createPostgresBus({ connectionString: urls.postgres }),
  nats: await createNatsBus({ servers: urls.nats }),
};
const [postgres, nats] = await Promise.all([serve(buses.postgres), serve(buses.nats)]);
process.stdout.write(`${JSON.stringify({ postgres, nats })}\n`);
