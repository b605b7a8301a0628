import type { MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError, type StreamRequest, type StreamResponse } from "@connectrpc/connect";
import { runStreamingCall } from "@connectrpc/connect/protocol";
import { NotesService, type SyncNotesRequestSchema } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { expect, test } from "vitest";
import { runStream } from "../../../../sdk/src/node/http2/run-stream.ts";
import { notEmpty } from "../../../support/not-empty.ts";

// Connect's function and the one of this package do the same with a stream.

const method = NotesService.method.syncNotes;
type Sent = MessageInitShape<typeof SyncNotesRequestSchema>;
type Send = (req: StreamRequest) => Promise<StreamResponse>;

/** One call, what it is sent by, and when its caller aborts. */
interface Script {
  readonly name: string;
  readonly send: Send;
  readonly abortAt?: "start" | "answer" | "second";
  readonly timeoutMs?: number;
  /** Whether what it sends can be closed. Default true. */
  readonly canClose?: boolean;
}

/** Answer with messages, and then with an error, where there is one. */
const answer =
  (messages: readonly unknown[], error?: Error): Send =>
  async (req) => {
    async function* all() {
      for await (const message of req.message) {
        yield message;
      }
      yield* messages;
      if (error !== undefined) {
        throw error;
      }
    }
    return { ...req, header: new Headers(), trailer: new Headers(), message: all() } as StreamResponse; // any messages do
  };

const untilAborted: Send = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

const SCRIPTS: readonly Script[] = [
  { name: "an answer", send: answer(["one", "two"]) },
  { name: "an answer, while what is sent cannot be closed", send: answer(["one", "two"]), canClose: false },
  { name: "an answer without messages", send: answer([]) },
  { name: "an error behind messages", send: answer(["one"], new Error("broken")) },
  { name: "an error for an answer", send: () => Promise.reject(new Error("broken")) },
  { name: "an abort before the call", send: answer(["one"]), abortAt: "start" },
  { name: "an abort with the answer", send: answer(["one", "two"]), abortAt: "answer" },
  { name: "an abort between messages", send: answer(["one", "two"]), abortAt: "second" },
  { name: "a deadline before the answer", send: untilAborted, timeoutMs: 1 },
];

async function note(run: typeof runOurs, { send, abortAt, timeoutMs, canClose = true }: Script) {
  const noted: unknown[] = [];
  const stop = new AbortController();
  let sent = 0;
  const source = {
    next: async () =>
      ++sent > 2 ? { done: true, value: undefined } : { done: false, value: { noteId: `${sent}` } },
    ...(canClose && {
      throw: async (reason: unknown) => noted.push("throw", String(reason)),
      return: async () => noted.push("return"),
    }),
  };
  const message = { [Symbol.asyncIterator]: () => source } as unknown as AsyncIterable<Sent>; // what is closed may answer nothing
  const abort = (at: Script["abortAt"]) => (at === abortAt ? stop.abort("enough") : undefined);
  const pass: Send = (req) => {
    req.signal.addEventListener("abort", () => noted.push(String(req.signal.reason)));
    return send(req);
  };
  abort("start");
  try {
    const limits = { signal: stop.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    const response = await run({ limits, message, send: pass });
    abort("answer");
    const messages = response.message[Symbol.asyncIterator]();
    noted.push(Object.keys(messages));
    for (let read = 0; read < 6; read += 1) {
      noted.push(await messages.next().catch(describe));
      abort(read === 0 ? "second" : undefined);
    }
  } catch (error) {
    noted.push(describe(error));
  }
  return noted;
}

const describe = (error: unknown) => [error instanceof ConnectError, String(error)];

interface Run {
  readonly limits: { readonly signal: AbortSignal; readonly timeoutMs?: number };
  readonly message: AsyncIterable<Sent>;
  readonly send: Send;
}

const toRequest = (message: AsyncIterable<Sent>) =>
  ({ stream: true, service: method.parent, method, requestMethod: "POST", url: "", message }) as never; // the rest is passed on

const runOurs = ({ limits, message, send }: Run): Promise<StreamResponse> =>
  runStream({ limits, req: toRequest(message), send: send as never });
const runConnects = ({ limits, message, send }: Run): Promise<StreamResponse> =>
  runStreamingCall({ ...limits, req: toRequest(message), next: send as never });

test.each(notEmpty([...SCRIPTS]))("$name", async (script) => {
  expect(await note(runOurs, script)).toEqual(await note(runConnects, script));
});
