import { create, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError, encodeBinaryHeader, type HandlerContext } from "@connectrpc/connect";
import { describeError, describeSignal, type Journal } from "./journal.ts";
import { ECHO_SCHEMA } from "./service.ts";

/** What a handler gets. */
export interface Received extends Message {
  readonly text: string;
  readonly count: bigint;
}

/** How a handler answers. @param argument what follows the behaviour's name in header `x-do` */
type Behaviour = (call: {
  readonly req: Received;
  readonly ctx: HandlerContext;
  readonly argument: string;
  readonly journal: Journal;
}) => unknown;

const BINARY = Uint8Array.from([0, 1, 254, 255]);

/** What the handler can be asked to do. */
export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  echo: ({ req }) => ({ text: req.text, count: req.count }),
  "echo-later": async ({ req }) => {
    await turn();
    return { text: req.text, count: req.count };
  },
  "echo-same": ({ req }) => req,
  "echo-message": ({ req }) => create(ECHO_SCHEMA, { text: req.text }),
  large: ({ argument }) => ({ text: "x".repeat(Number(argument)) }),
  wrong: () => ({ text: 42 }),
  nothing: () => undefined,
  headers: ({ req, ctx }) => {
    setMetadata(ctx);
    return { text: req.text };
  },
  "set-header": ({ ctx, argument }) => {
    const [name = "", value = ""] = decodeURI(argument).split("=", 2);
    ctx.responseHeader.append(name, value);
    return {};
  },
  "set-trailer": ({ ctx, argument }) => {
    const [name = "", value = ""] = decodeURI(argument).split("=", 2);
    ctx.responseTrailer.append(name, value);
    return {};
  },
  "delete-header": ({ ctx, argument }) => {
    ctx.responseHeader.delete(argument);
    return {};
  },
  fail: ({ argument }) => {
    throw new ConnectError(`failed on request: ${argument}`, Number(argument));
  },
  "fail-later": async ({ argument }) => {
    await turn();
    throw new ConnectError(`failed later: ${argument}`, Number(argument));
  },
  "fail-text": ({ argument }) => {
    throw new ConnectError(Buffer.from(argument, "base64").toString(), Code.Aborted);
  },
  "fail-details": ({ ctx, argument }) => {
    setMetadata(ctx);
    throw detailedError(Number(argument));
  },
  "throw-error": () => {
    throw new TypeError("a secret of the handler");
  },
  "throw-value": ({ argument }) => {
    throw JSON.parse(argument); // not an Error, which some handlers throw
  },
  "throw-abort": () => {
    throw new DOMException("stopped by itself", "AbortError");
  },
  "throw-later": async () => {
    await turn();
    throw new RangeError("a secret of the handler");
  },
  "until-aborted": async ({ ctx, journal }) => {
    await aborted(ctx.signal);
    journal.note("the signal", describeSignal(ctx.signal));
    // Timers of Node may fire a millisecond early.
    journal.note("the time is over", (ctx.timeoutMs() ?? Infinity) <= 5);
    throw ctx.signal.reason;
  },
  "until-aborted-then-answer": async ({ req, ctx, journal }) => {
    await aborted(ctx.signal);
    journal.note("the signal", describeSignal(ctx.signal));
    return { text: req.text };
  },
  "watch-signal": ({ req, ctx, journal }) => {
    ctx.signal.addEventListener("abort", () =>
      journal.note("after the call", describeError(ctx.signal.reason)),
    );
    return { text: req.text };
  },
};

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) {
    return Promise.resolve();
  }
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function setMetadata({ responseHeader, responseTrailer }: HandlerContext): void {
  for (const [place, headers] of Object.entries({ header: responseHeader, trailer: responseTrailer })) {
    headers.set(`x-${place}`, place);
    headers.set(`X-Upper-${place}`, "Value");
    headers.append(`x-twice-${place}`, "one");
    headers.append(`x-twice-${place}`, "two, three");
    headers.set(`x-empty-${place}`, "");
    headers.set(`x-latin-${place}`, "caf\u00e9");
    headers.set(`x-${place}-bin`, encodeBinaryHeader(BINARY));
    headers.append(`x-twice-${place}-bin`, encodeBinaryHeader(BINARY));
    headers.append(`x-twice-${place}-bin`, encodeBinaryHeader(BINARY.subarray(2)));
  }
}

function detailedError(code: Code): ConnectError {
  const metadata = new Headers({ "x-error": "one", "x-error-bin": encodeBinaryHeader(BINARY) });
  metadata.append("x-error", "two");
  metadata.set("content-type", "text/plain");
  const detail = { desc: ECHO_SCHEMA, value: { text: "a detail", count: 7n } };
  const empty = { desc: ECHO_SCHEMA, value: {} };
  return new ConnectError("failed with details: \u00e9, 100 %\n\u{1f600}", code, metadata, [detail, empty]);
}
