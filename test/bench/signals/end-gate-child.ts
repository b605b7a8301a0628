import { once } from "node:events";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { buildRequestListener, listen } from "@countersign/node";
import { clientSecret, createAuth, createSignals } from "@countersign/server";
import { answerParent } from "../run/answer-parent.ts";
import { createFetchAt } from "./fetch-at.ts";

/** What a server of one's own is told. */
export interface EndGate {
  readonly issuer: string;
  /** The servers that issue tokens: it watches at the first that answers. */
  readonly hubs: readonly string[];
  readonly audience: string;
  readonly clientId: string;
  readonly secret: string;
}

answerParent({
  /** @returns the port that it listens on */
  async start({ issuer, hubs, audience, clientId, secret }: EndGate): Promise<number> {
    const [hub = ""] = hubs;
    const signals = createSignals({
      issuer,
      hubs,
      credential: clientSecret(clientId, secret),
      fetch: createFetchAt(hub, issuer),
    });
    const auth = createAuth({
      issuers: [{ issuer, keys: { jwksUri: `${hub}/.well-known/jwks.json` } }],
      audience,
      signals,
      routes: (router) =>
        router.service(NotesService, {
          async *watchNotes(_, { signal }) {
            yield {};
            await once(signal, "abort");
          },
        }),
    });
    await auth.ready;
    const { address } = await listen(buildRequestListener({ ...auth }));
    return address.port;
  },
});
