import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import { createKit, DEMO, LIFETIME_MS } from "./kit.ts";

test("an interceptor outside that makes a failed call again makes it with the token of that time", async () => {
  await using kit = await createKit({
    notes: {
      getNote({ id }) {
        if (kit.calls() === 1) {
          throw new ConnectError("down", Code.Unavailable);
        }
        return { id };
      },
    },
  });
  const { session } = kit.tab();
  await session.signIn(DEMO);
  const again: Interceptor = (next) => async (req) => {
    try {
      return await next(req);
    } catch {
      kit.clock.advance(LIFETIME_MS);
      return await next(req);
    }
  };
  const interceptors = [again, session.interceptor];
  const transport = createConnectTransport({ baseUrl: kit.baseUrl, httpVersion: "1.1", interceptors });
  const notes = createClient(NotesService, transport);
  expect((await notes.getNote({ id: "1" })).id).toBe("1");
  expect(kit.tokensSeen).toEqual(["access-1", "access-2"]);
});

test("an interceptor outside that looks at a call afterwards finds no token in it", async () => {
  await using kit = await createKit();
  const { session } = kit.tab();
  await session.signIn(DEMO);
  let seen: string | null | undefined;
  const look: Interceptor = (next) => async (req) => {
    const response = await next(req);
    seen = req.header.get("authorization");
    return response;
  };
  const interceptors = [look, session.interceptor];
  const transport = createConnectTransport({ baseUrl: kit.baseUrl, httpVersion: "1.1", interceptors });
  await createClient(NotesService, transport).getNote({ id: "1" });
  expect(seen).toBeNull();
  expect(kit.tokensSeen).toEqual(["access-1"]);
});
