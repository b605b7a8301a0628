import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { buildRequestListener, listen, type TlsOptions } from "@countersign/node";
import { createAuth, principalOf } from "@countersign/server";
import { ALGORITHM, AUDIENCE, ISSUER, type PublicKeys } from "../fixture/tokens.ts";
import { answerParent } from "../run/answer-parent.ts";
import { cpuMicroseconds } from "../run/own-use.ts";

/** What a server is started with. */
export interface BindingServerOptions {
  readonly keys: PublicKeys;
  readonly tls: TlsOptions;
  /** What proofs name. */
  readonly publicUrl: string;
}

answerParent({
  async start({ keys: { jwks }, tls, publicUrl }: BindingServerOptions): Promise<number> {
    const auth = createAuth({
      routes: (router) =>
        router.service(NotesService, {
          createNote({ title, body }, ctx) {
            principalOf(ctx);
            return { title, body };
          },
          async *watchNotes(_, ctx) {
            principalOf(ctx);
            yield {};
          },
        }),
      issuers: [{ issuer: ISSUER, algorithms: [ALGORITHM], keys: { jwks } }],
      audience: AUDIENCE,
      publicUrls: [publicUrl],
    });
    return (await listen(buildRequestListener(auth), { tls })).address.port;
  },
  cpuMicroseconds,
});
