import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { listen } from "../../../server/node/src/listener.ts";

/** What came of one call to a server that was started for it. */
export interface Served {
  readonly title: string;
  readonly warnings: readonly string[];
}

/** Start a server and call it. */
export async function serveOnce(): Promise<Served> {
  const warnings: string[] = [];
  const handler = buildRequestListener({
    routes: (router) => router.service(NotesService, { createNote: ({ title }) => ({ title }) }),
    requestGate: () => undefined,
    interceptors: [],
    onWarning: (warning) => void warnings.push(warning),
  });
  const listener = await listen(handler);
  const client = createClient(NotesService, createGrpcTransport({ baseUrl: listener.origin }));
  const { title } = await client.createNote({ title: "served" });
  await listener.close(0);
  return { title, warnings };
}
