import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ALGORITHM, AUDIENCE, ISSUER, type PublicKeys } from "../fixture/tokens.ts";

/**
 * Serve with an earlier build, as `countersign.ts` does with this one. Everything comes from the folder that it is
 * installed in: its service, its Connect.
 */
export async function startCountersignBefore({ jwks }: PublicKeys, folder: string): Promise<number> {
  const { createAuth, principalOf } = await load<typeof import("@countersign/server")>("@countersign/server");
  // Up to 0.1.0 of the first packages, the listener was an entry of the gate's package.
  const { buildRequestListener, listen } = await load<typeof import("@countersign/node")>(
    "@countersign/node",
  ).catch(() => load<typeof import("@countersign/node")>("@countersign/server/node"));
  const { NotesService } = await load<typeof import("@countersign/gen/countersign/demo/v1/notes_pb.js")>(
    "@countersign/gen/countersign/demo/v1/notes_pb.js",
  );
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

  async function load<Module>(name: string): Promise<Module> {
    const file = createRequire(join(folder, "package.json")).resolve(name);
    return (await import(pathToFileURL(file).href)) as Module; // an earlier one, as far as is used here
  }
}
