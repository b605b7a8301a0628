import { create, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { describeContext, describeError, describeMessage, describeSignal, type Journal } from "./journal.ts";
import { ECHO_SCHEMA } from "./service.ts";

/** What a handler of a stream is called with. */
export interface StreamCall {
  /** The messages of the client; the only one of a server-stream as a list. */
  readonly inputs: AsyncIterable<Message>;
  readonly ctx: HandlerContext;
  readonly journal: Journal;
}

interface Performance extends StreamCall {
  readonly reader: AsyncIterator<Message>;
  readonly argument: string;
}

/** Gives messages. */
type Gift = (performance: Performance) => AsyncIterable<unknown>;

/** Does something else. */
type Act = (performance: Performance) => void | Promise<void>;

/**
 * What the handler of a stream can be asked for, in turn, with header `x-script`, where it stands with commas between: these
 * give messages.
 */
const GIFTS: Readonly<Record<string, Gift>> = {
  async *send({ argument }) {
    yield { text: argument };
  },
  async *many({ argument }) {
    for (let index = 0; index < Number(argument); index += 1) {
      yield { text: "one of many", count: BigInt(index) };
    }
  },
  async *large({ argument }) {
    yield { text: "x".repeat(Number(argument)) };
  },
  async *message() {
    yield create(ECHO_SCHEMA, { text: "made by create" });
  },
  async *wrong() {
    yield { text: 42 };
  },
  async *echo({ reader, journal }) {
    for (;;) {
      const { value, done } = await journal.follow("handler", () => readOne(reader, journal));
      if (done === true) {
        return;
      }
      journal.note("echo", describeMessage(ECHO_SCHEMA, value));
      yield value;
    }
  },
};

/** And these do something else. */
const ACTS: Readonly<Record<string, Act>> = {
  async turn({ journal }) {
    await journal.follow("handler", () => new Promise((resolve) => void setImmediate(resolve)));
  },
  async read({ reader, journal }) {
    const { value, done } = await journal.follow("handler", () => readOne(reader, journal));
    journal.note("read", done === true ? "the end" : describeMessage(ECHO_SCHEMA, value));
  },
  async forgive({ reader, journal }) {
    await journal.follow("handler", () => readOne(reader, journal).catch(() => undefined));
  },
  async leave({ reader }) {
    await reader.return?.();
  },
  header({ ctx, argument }) {
    const [name = "", value = ""] = argument.split("=", 2);
    ctx.responseHeader.append(name, value);
  },
  trailer({ ctx, argument }) {
    const [name = "", value = ""] = argument.split("=", 2);
    ctx.responseTrailer.append(name, value);
  },
  fail({ argument }) {
    throw new ConnectError(`failed on request: ${argument}`, Number(argument));
  },
  details() {
    const metadata = new Headers({ "x-error": "one", "content-type": "text/plain" });
    const detail = { desc: ECHO_SCHEMA, value: { text: "a detail", count: 7n } };
    throw new ConnectError("failed with details: \u00e9, 100 %", Code.Aborted, metadata, [detail]);
  },
  long() {
    throw new ConnectError("\u00e9".repeat(3_000), Code.Aborted);
  },
  throw() {
    throw new TypeError("a secret of the handler");
  },
  async aborted({ ctx, journal }) {
    await journal.follow("handler", () => aborted(ctx.signal));
    journal.note("the signal", describeSignal(ctx.signal));
  },
  reason({ ctx }) {
    throw ctx.signal.reason;
  },
  watch({ ctx, journal }) {
    ctx.signal.addEventListener("abort", () => journal.note("aborted", describeError(ctx.signal.reason)));
  },
};

/** Do what the header asks, one act after the other. */
export async function* performScript(call: StreamCall): AsyncGenerator<unknown> {
  const { inputs, ctx, journal } = call;
  journal.note("handler", describeContext(ctx));
  journal.follow("handler", () => undefined);
  const reader = inputs[Symbol.asyncIterator]();
  for (const line of (ctx.requestHeader.get("x-script") ?? "").split(",")) {
    const [name = "", ...words] = line.trim().split(" ");
    const performance = { ...call, reader, argument: words.join(" ") };
    const gift = GIFTS[name];
    if (gift === undefined) {
      await (ACTS[name] ?? unknownAct)(performance);
    } else {
      yield* gift(performance);
    }
  }
}

function unknownAct(): never {
  throw new Error("there is no such act");
}

async function readOne(reader: AsyncIterator<Message>, journal: Journal): Promise<IteratorResult<Message>> {
  try {
    return await reader.next();
  } catch (error) {
    journal.note("reading failed", describeError(error));
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) {
    return Promise.resolve();
  }
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
