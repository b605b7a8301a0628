import { create } from "@bufbuild/protobuf";
import { createContextValues, type UnaryRequest } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { CallSignal } from "../../../../sdk/src/node/http2/call-signal.ts";
import { UnaryCallRequest } from "../../../../sdk/src/node/http2/unary-call-request.ts";
import { notEmpty } from "../../../support/not-empty.ts";
import { answerOne, callerOf, startPlainServer } from "./plain-server.ts";

const { getNote } = NotesService.method;

function makeRequest() {
  const end = new CallSignal();
  const parts = {
    service: NotesService,
    method: getNote,
    requestMethod: "POST",
    url: "http://localhost/",
    header: new Headers(),
    contextValues: createContextValues(),
  };
  const message = create(getNote.input);
  return { end, parts: { ...parts, message }, req: new UnaryCallRequest(parts, message, end) };
}

/** Count the signals that are made. */
function countSignals(): () => number {
  const spy = vi.spyOn(globalThis, "AbortController");
  onTestFinished(() => spy.mockRestore());
  return () => spy.mock.calls.length;
}

test("a call whose signal is not read makes none, and its end is known", () => {
  const made = countSignals();
  const { end, req } = makeRequest();
  const ended: unknown[] = [];
  const signal = UnaryCallRequest.endOf(req);
  const listener = (): unknown => ended.push(signal.reason);
  signal.addEventListener("abort", () => ended.push("first"));
  signal.addEventListener("abort", listener);
  end.abort("enough");
  end.abort("too late");
  expect([made(), signal.aborted, ended]).toEqual([0, true, ["first", "enough"]]);
});

test("a call that goes well through a session makes none", async () => {
  await using server = await startPlainServer({ onRequest: answerOne });
  const { calls } = callerOf(server.port);
  await calls.getNote(); // the session's first look at its token makes some
  const made = countSignals();
  await calls.getNote();
  expect(made()).toBe(0);
});

test("a listener that was taken away is not called", () => {
  const { end, req } = makeRequest();
  const signal = UnaryCallRequest.endOf(req);
  const listener = vi.fn();
  signal.addEventListener("abort", listener);
  signal.removeEventListener("abort", listener);
  end.abort("enough");
  expect(listener).not.toHaveBeenCalled();
});

type Unary = UnaryRequest<typeof getNote.input, typeof getNote.output>;

/** What interceptors hand on in the place of a request. */
const copies: readonly { readonly name: string; readonly copy: (req: Unary) => Unary }[] = [
  { name: "itself", copy: (req) => req },
  { name: "a spread", copy: (req) => ({ ...req }) },
  { name: "an object that inherits from it", copy: (req) => Object.create(req) },
  { name: "a proxy", copy: (req) => new Proxy(req, {}) },
];

describe.each(notEmpty([...copies]))("of a request that is $name", ({ copy }) => {
  test("the signal is a true one, which aborts with the call", () => {
    const { end, parts, req } = makeRequest();
    const copied = copy(req);
    const { signal } = copied;
    const any = AbortSignal.any([signal]);
    end.abort("enough");
    expect(copied).toMatchObject({ ...parts, stream: false });
    expect([signal.reason, any.reason, req.signal === signal]).toEqual(["enough", "enough", true]);
  });

  test("the signal is aborted when it is read behind the end", () => {
    const { end, req } = makeRequest();
    const copied = copy(req);
    end.abort("enough");
    expect(copied.signal.reason).toBe("enough");
    expect(UnaryCallRequest.endOf(copied).reason).toBe("enough");
  });

  test("another signal can be set", () => {
    const copied = copy(makeRequest().req);
    const signal = AbortSignal.abort("another");
    expect(UnaryCallRequest.endOf(Object.assign(copied, { signal }))).toBe(signal);
    expect(copied.signal).toBe(signal);
  });
});
