import { connectNodeAdapter } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createIssuer } from "@countersign/issuer";
import { buildRequestListener, listen } from "@countersign/node";
import { createAuth, principalOf, setPeer } from "@countersign/server";

// What an application writes, for the compiler: it is never run.

const auth = createAuth({
  routes: (router) =>
    router.service(NotesService, {
      createNote: ({ title }, ctx) => ({ title, owner: principalOf(ctx).subject }),
    }),
  issuers: [{ issuer: "https://issuer.example", keys: { discovery: true } }],
  audience: "ledger",
  interceptors: [(next) => (req) => next(req)],
});

connectNodeAdapter({ ...auth });
connectNodeAdapter({ routes: auth.routes, interceptors: auth.interceptors });
connectNodeAdapter({
  ...auth,
  contextValues: (req) => setPeer(auth.contextValues(req), req.socket.remoteAddress ?? ""),
});
await listen(buildRequestListener({ ...auth }));
export const issuer: typeof createIssuer = createIssuer;
