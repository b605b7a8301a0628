import { type DescMessage, type Message, toBinary, toJson } from "@bufbuild/protobuf";
import { ConnectError, type ContextKey, createContextKey, type HandlerContext } from "@connectrpc/connect";
import { optionalPrincipalOf } from "../../server/gate/src/connect/principal-context.ts";
import { isClockStopped } from "./stopped-clock.ts";

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
      while (working.size > 0) {
        await Promise.all(working);
      }
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

/** What a handler, too, can see of an interceptor. */
export const noteKey: ContextKey<string> = createContextKey("nothing");

/** What the type of a context promises. Connect's own have more, which is none of anyone's business. */
const CONTEXT_PARTS = [
  "method",
  "service",
  "requestMethod",
  "protocolName",
  "url",
  "signal",
  "timeoutMs",
  "requestHeader",
  "responseHeader",
  "responseTrailer",
  "values",
] as const satisfies readonly (keyof HandlerContext)[];

/** Write down what a handler, or a gate, is told of its call. */
export function describeContext(ctx: HandlerContext): object {
  return {
    service: ctx.service.typeName,
    method: ctx.method.name,
    url: ctx.url,
    requestMethod: ctx.requestMethod,
    protocolName: ctx.protocolName,
    timeoutMs: describeTimeout(ctx.timeoutMs()),
    requestHeader: describeHeaders(ctx.requestHeader),
    responseHeader: describeHeaders(ctx.responseHeader),
    responseTrailer: describeHeaders(ctx.responseTrailer),
    principal: optionalPrincipalOf(ctx),
    note: ctx.values.get(noteKey),
    spread: CONTEXT_PARTS.filter((part) => Object.hasOwn({ ...ctx }, part)),
    signal: describeSignal(ctx.signal),
  };
}

/**
 * Write down what is left of a deadline: the number itself. Where the clock runs, because the case is about a deadline
 * that passes, two servers cannot be asked at the same moment: then only what kind of a number it is.
 */
function describeTimeout(ms: number | undefined): number | string | undefined {
  if (ms === undefined || isClockStopped()) {
    return ms;
  }
  return Number.isInteger(ms) ? "a whole number" : "a fraction";
}

/** Write headers down. */
export function describeHeaders(headers: Headers): readonly string[] {
  const kind = headers instanceof Headers ? [] : ["no Headers"];
  return [...kind, ...[...headers].map(([name, value]) => `${name}: ${value}`)];
}

/** Write down whether a signal is aborted, and why. */
export function describeSignal(signal: AbortSignal): string {
  return signal.aborted ? `aborted: ${describeError(signal.reason)}` : "not aborted";
}

/** Write an error down, and what it came of. */
export function describeError(error: unknown): string {
  if (error instanceof ConnectError) {
    const metadata = describeHeaders(error.metadata).join("; ");
    const details = error.details.map((detail) => JSON.stringify(detail, toText)).join("; ");
    return `ConnectError ${error.code} ${error.message} {${metadata}} [${details}]${describeCause(error)}`;
  }
  if (error instanceof Error) {
    return `${error.name} ${error.message}${describeCause(error)}`;
  }
  return `${typeof error} ${String(error)}`;
}

function describeCause({ cause }: Error): string {
  return cause === undefined ? "" : ` because of ${describeError(cause)}`;
}

/** Write a message down, with the fields that its type does not know. */
export function describeMessage(schema: DescMessage, message: Message): unknown {
  return {
    type: message.$typeName,
    json: toJson(schema, message),
    binary: Buffer.from(toBinary(schema, message)).toString("hex"),
  };
}

/** For JSON, which has no large numbers. */
function toText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
