import { getEventListeners } from "node:events";
import { create } from "@bufbuild/protobuf";
import type { StreamRequest, StreamResponse } from "@connectrpc/connect";
import { NoteEventSchema, NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { isSessionError } from "@countersign/sdk";
import { expect, test } from "vitest";
import type { Held } from "../../../sdk/src/core/holder.ts";
import { createStreamCall } from "../../../sdk/src/core/stream-call.ts";
import { offerTake, takeOf } from "../../../sdk/src/core/take.ts";

async function* messages() {
  yield {};
}

/** A stream that is open, or is being opened, and what plays a part in its end. */
function openStream(signal = new AbortController().signal) {
  const caller = new AbortController();
  const account = new AbortController();
  const header = new Headers();
  const { method } = { method: NotesService.method.watchNotes };
  const req = {
    stream: true,
    method,
    message: messages(),
    header,
    signal: AbortSignal.any([signal, caller.signal]),
  };
  // Only what an opening looks at.
  const call = createStreamCall(req as unknown as StreamRequest, { streams: undefined, source: {} });
  let sent: AbortSignal | undefined;
  const open = () =>
    call.open({ ended: account.signal } as Held, (request) => {
      sent = request.signal;
      return Promise.resolve({
        ...request,
        header,
        trailer: new Headers(),
        message: messages(),
      } as StreamResponse);
    });
  return { account, call, caller, open, req, sent: () => sent };
}

test("a stream leaves no listener behind at its account, however it ends", async () => {
  const endings: ((stream: ReturnType<typeof openStream>) => void)[] = [
    ({ call }) => call.close(),
    ({ caller }) => caller.abort(),
    ({ account }) => account.abort(),
  ];
  for (const end of endings) {
    const stream = openStream();
    await stream.open();
    await stream.open();
    end(stream);
    stream.call.close();
    expect(getEventListeners(stream.account.signal, "abort")).toEqual([]);
  }
});

test("a stream that was read to its end leaves no listener behind at its account", async () => {
  const { account, call, open } = openStream();
  const response = call.answer((await open()) as StreamResponse, (error) => Promise.reject(error));
  for await (const _ of response.message) {
  }
  expect(getEventListeners(account.signal, "abort")).toEqual([]);
});

test("a stream that is left hands out nothing more of what has arrived", async () => {
  const { call, open } = openStream();
  const response = (await open()) as StreamResponse;
  const next = async () => ({ done: false, value: create(NoteEventSchema) }) as const;
  const arrived = offerTake({ next }, () => create(NoteEventSchema));
  const message = { [Symbol.asyncIterator]: () => arrived };
  const answer = call.answer({ ...response, message }, (error) => Promise.reject(error));
  const messages = answer.message[Symbol.asyncIterator]();
  expect((await messages.next()).done).toBe(false);
  expect(takeOf(messages)?.()).toBeDefined();
  await messages.return?.();
  expect(takeOf(messages)?.()).toBe(undefined);
  expect((await messages.next()).done).toBe(true);
});

test("a stream ends with its caller's reason, or with SIGNED_OUT when its account does, whichever is first", async () => {
  const reason = new Error("the caller's");
  const [left, signedOut] = [openStream(), openStream()];
  await Promise.all([left.open(), signedOut.open()]);
  left.caller.abort(reason);
  left.account.abort("signed out");
  signedOut.account.abort("signed out");
  signedOut.caller.abort(reason);
  expect(left.sent()?.reason).toBe(reason);
  expect(isSessionError(signedOut.sent()?.reason, "SIGNED_OUT")).toBe(true);
  expect(signedOut.sent()?.reason.cause).toBe("signed out");
});

test("a stream whose caller has left already is opened with a signal that says so", async () => {
  const { open, sent } = openStream(AbortSignal.abort("left"));
  await expect(open()).rejects.toBe("left");
  expect(sent()?.reason).toBe("left");
});

test("a stream is kept by the base URL of its call, with the owner that its answer names", async () => {
  const kept: unknown[] = [];
  const req = {
    stream: true,
    url: "https://api.example/rpc/countersign.demo.v1.NotesService/WatchNotes",
    method: NotesService.method.watchNotes,
    message: messages(),
    header: new Headers(),
    signal: new AbortController().signal,
  };
  const streams = {
    open(_: Held, baseUrl: string) {
      kept.push(baseUrl);
      return "stream";
    },
    setOwner: (...named: unknown[]) => void kept.push(named),
    close: () => {},
    look: () => {},
    stop: () => {},
  };
  const call = createStreamCall(req as unknown as StreamRequest, { streams, source: {} });
  const header = new Headers({ "countersign-expires-in": "600", "countersign-stream-owner": "process" });
  const answer = {
    stream: true,
    header,
    trailer: new Headers(),
    message: messages(),
  } as unknown as StreamResponse;
  const ended = new AbortController().signal;
  await call.open({ ended } as Held, () => Promise.resolve(answer));
  call.answer(answer, (error) => Promise.reject(error));
  expect(kept).toEqual(["https://api.example/rpc", ["stream", "process"]]);
});
