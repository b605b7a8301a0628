import { once } from "node:events";
import { ConnectError } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { listen } from "../../../server/node/src/listener.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { clientOf } from "../../support/rpc.ts";
import { streamKey } from "./stream-server.ts";

test.each(notEmpty([true, false]))(
  "a stream of a service in shadow mode ends with the trailer when the server stops, and its handler with it (fast path: %s)",
  async (streamFastPath) => {
    const aborted = Promise.withResolvers<unknown>();
    const auth = createAuth({
      routes: (router) =>
        router.service(NotesService, {
          async *watchNotes(_, { signal }) {
            yield {};
            await once(signal, "abort");
            aborted.resolve(signal.reason);
          },
        }),
      issuers: [{ issuer: "https://issuer.example", keys: { jwks: { keys: [streamKey.jwk] } } }],
      audience: "ledger",
      enforce: new Map([[NotesService, "shadow"]]),
      onWarning: () => undefined,
    });
    const listener = await listen(buildRequestListener({ ...auth, streamFastPath }));
    const client = clientOf(NotesService, { baseUrl: listener.origin, protocol: "grpc" });
    const messages = client.watchNotes({})[Symbol.asyncIterator]();
    await messages.next();
    const ended = messages
      .next()
      .catch((error: unknown) => ConnectError.from(error).metadata.get("countersign-drain"));
    const closed = listener.close(10_000);
    expect(await ended).toBe("1");
    expect(await aborted.promise).toMatchObject({ reason: "SERVER_DRAINING" });
    await closed;
  },
);
