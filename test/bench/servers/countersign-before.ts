import { ALGORITHM, AUDIENCE, ISSUER, type PublicKeys } from "../fixture/tokens.ts";
import { loadBefore } from "../run/load-before.ts";

/**
 * Serve with an earlier build, as `countersign.ts` does with this one. Everything comes from the folder that it is
 * installed in: its service, its Connect.
 */
export async function startCountersignBefore({ jwks }: PublicKeys, folder: string): Promise<number> {
  const { createAuth, principalOf } = await loadBefore<typeof import("@countersign/server")>(
    folder,
    "@countersign/server",
  );
  // Up to 0.1.0 of the first packages, the listener was an entry of the gate's package.
  const { buildRequestListener, listen } = await loadBefore<typeof import("@countersign/node")>(
    folder,
    "@countersign/node",
  ).catch(() => loadBefore<typeof import("@countersign/node")>(folder, "@countersign/server/node"));
  const { NotesService } = await loadBefore<
    typeof import("@countersign/gen/countersign/demo/v1/notes_pb.js")
  >(folder, "@countersign/gen/countersign/demo/v1/notes_pb.js");
  const auth = createAuth({
    routes: (router) =>
      router.service(NotesService, {
        createNote: ({ title, body }, context) => {
          principalOf(context);
          return { title, body };
        },
      }),
    issuers: [{ issuer: ISSUER, algorithms: [ALGORITHM], keys: { jwks } }],
    audience: AUDIENCE,
  });
  const listener = await listen(buildRequestListener(auth));
  return listener.address.port;
}
