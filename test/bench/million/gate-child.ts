import { clientSecret, createSignals } from "@countersign/server";
import { answerParent } from "../run/answer-parent.ts";
import { createFetchAt } from "../signals/fetch-at.ts";
import type { Watched } from "../signals/hub.ts";
import { beginTaking, type Taken } from "./turns.ts";

answerParent({
  /** Learn all that is revoked. */
  async watch({ issuer, port, clientId, secret }: Watched): Promise<Taken> {
    const hub = `http://127.0.0.1:${port}`;
    const take = beginTaking();
    const signals = createSignals({
      issuer,
      hubs: [hub],
      credential: clientSecret(clientId, secret),
      fetch: createFetchAt(hub, issuer),
    });
    await signals.ready;
    return take();
  },
});
