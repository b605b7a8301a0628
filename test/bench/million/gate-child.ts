import { clientSecret, createSignals } from "@countersign/server";
import { answerParent } from "../run/answer-parent.ts";
import { createFetchAt } from "../signals/fetch-at.ts";
import { measureTaken, type Taken } from "./turns.ts";

/** Whose signals a server of one's own gets, and where. */
export interface Watched {
  readonly issuer: string;
  readonly port: number;
  readonly clientId: string;
  readonly secret: string;
}

answerParent({
  /** Learn all that is revoked. */
  watch({ issuer, port, clientId, secret }: Watched): Promise<Taken> {
    const hub = `http://127.0.0.1:${port}`;
    return measureTaken(async () => {
      const signals = createSignals({
        issuer,
        hubs: [hub],
        credential: clientSecret(clientId, secret),
        fetch: createFetchAt(hub, issuer),
      });
      await signals.ready;
    });
  },
});
