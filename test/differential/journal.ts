import { type DescMessage, type Message, toJson } from "@bufbuild/protobuf";
import { ConnectError, type HandlerContext } from "@connectrpc/connect";
import { optionalPrincipalOf } from "../../server/src/connect/principal-context.ts";

/** What one server's own code saw of a request: in the same words for both servers. */
export interface Journal {
  /** Write down what happened. */
  note(what: string, details: unknown): void;
  /** Follow a piece of work of the server's; the case is over when all of it is. */
  follow<T>(what: "gate" | "handler", work: () => T): T;
  /** Resolves once the gate, or the handler, has been called. */
  until(what: "gate" | "handler"): Promise<void>;
  /** Resolves when nothing that was followed is under way. */
  idle(): Promise<void>;
  /** Take what was written since the last call. */
  take(): readonly unknown[];
}

/** Create an empty journal. */
export function createJournal(): Journal {
  let entries: unknown[] = [];
  let begun = begin();
  const working = new Set<Promise<unknown>>();
  return {
    note: (what, details) => void entries.push({ what, details }),
    follow(what, work) {
      begun[what].resolve();
      const result = work();
      if (result instanceof Promise) {
        const settled = result.then(nothing, nothing).finally(() => working.delete(settled));
        working.add(settled);
      }
      return result;
    },
    until: (what) => begun[what].promise,
    async idle() {
      while (working.size > 0) await Promise.all(working);
    },
    take() {
      const taken = entries;
      entries = [];
      begun = begin();
      return taken;
    },
  };
}

function begin() {
  return { gate: Promise.withResolvers<void>(), handler: Promise.withResolvers<void>() };
}

function nothing(): void {}

/** Write down what a handler, or a gate, is told of its call. */
export function describeContext(ctx: HandlerContext): object {
  return {
    service: ctx.service.typeName,
    method: ctx.method.name,
    url: ctx.url.replace(/:\d+\//, ":port/"),
    requestMethod: ctx.requestMethod,
    protocolName: ctx.protocolName,
    timeoutMs: describeTimeout(ctx.timeoutMs()),
    requestHeader: describeHeaders(ctx.requestHeader),
    responseHeader: describeHeaders(ctx.responseHeader),
    responseTrailer: describeHeaders(ctx.responseTrailer),
    subject: optionalPrincipalOf(ctx)?.subject,
    signal: describeSignal(ctx.signal),
  };
}

/** Some milliseconds pass before anyone looks: what is left is written down in steps of ten seconds. */
function describeTimeout(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined;
  return ms <= 0 ? "over" : `at most ${Math.ceil(ms / 10_000) * 10} s`;
}

/** Write headers down. The port differs from server to server, and what a client says of it is not compared. */
export function describeHeaders(headers: Headers): readonly string[] {
  return [...headers].map(([name, value]) => `${name}: ${value.replace(/127\.0\.0\.1:\d+/, "server")}`);
}

/** Write down whether a signal is aborted, and why. */
export function describeSignal(signal: AbortSignal): string {
  return signal.aborted ? `aborted: ${describeError(signal.reason)}` : "not aborted";
}

/** Write an error down. */
export function describeError(error: unknown): string {
  if (error instanceof ConnectError) return `ConnectError ${error.code} ${error.message}`;
  return error instanceof Error ? `${error.name} ${error.message}` : `${typeof error} ${String(error)}`;
}

/** Write a message down. */
export function describeMessage(schema: DescMessage, message: Message): unknown {
  return toJson(schema, message);
}
