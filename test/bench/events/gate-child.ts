import { once } from "node:events";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { buildRequestListener, listen } from "@countersign/node";
import {
  createAuth,
  createLogoutReceiver,
  type IssuerOptions,
  type SharedSignalsOptions,
} from "@countersign/server";
import { ALGORITHM, AUDIENCE, ISSUER, type PublicKeys } from "../fixture/tokens.ts";
import { answerParent } from "../run/answer-parent.ts";

/** A server of one's own, whose issuer has a transmitter of security events. */
export interface EventGate {
  readonly keys: PublicKeys;
  readonly sharedSignals: SharedSignalsOptions;
}

answerParent({
  /** @returns the port that it listens on */
  async start({ keys: { jwks }, sharedSignals }: EventGate): Promise<number> {
    const issuers: readonly IssuerOptions[] = [
      { issuer: ISSUER, algorithms: [ALGORITHM], keys: { jwks }, sharedSignals },
    ];
    const logouts = createLogoutReceiver({ issuers, onWarning: () => undefined });
    const auth = createAuth({
      routes: (router) =>
        router.service(NotesService, {
          async *watchNotes(_, { signal }) {
            yield {};
            await once(signal, "abort");
          },
        }),
      issuers,
      audience: AUDIENCE,
      logouts,
    });
    const listener = await listen(buildRequestListener({ ...auth, endpoints: logouts.endpoints }));
    return listener.address.port;
  },
});
