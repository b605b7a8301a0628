import { createClient, createContextValues } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, it } from "vitest";
import { peerOf, setPeer } from "../../server/gate/src/connect/peer.ts";
import type { RequestListenerOptions } from "../../server/node/src/listener-options.ts";
import { serve } from "./serving.ts";

/** Serves what tells where its call comes from. */
const servePeer = (options: Partial<RequestListenerOptions>) =>
  serve({
    routes: (router) =>
      router.service(NotesService, { createNote: (_, { values }) => ({ title: peerOf(values) }) }),
    ...options,
  });

describe.each([true, false])("the peer of a call, with the fast path: %s", (unaryFastPath) => {
  const ask = async (origin: string, headers: Readonly<Record<string, string>>) => {
    const transport = createConnectTransport({ baseUrl: origin, httpVersion: "2" });
    return (await createClient(NotesService, transport).createNote({}, { headers })).title;
  };

  it("is what the server says, else what the context values say", async () => {
    await using serving = await servePeer({
      unaryFastPath,
      contextValues: () => setPeer(createContextValues(), "said before"),
      peerOf: ({ headers }) => String(headers["x-real-ip"] ?? ""),
    });
    expect(await ask(serving.origin, { "x-real-ip": "192.0.2.7" })).toBe("192.0.2.7");
    expect(await ask(serving.origin, {})).toBe("said before");
  });
});
