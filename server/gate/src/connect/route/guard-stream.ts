import type { Message, MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { Principal } from "../../authenticate/principal.ts";
import type { Policy } from "../../authorize/policy-fields.ts";
import { AuthError } from "../../errors/auth-error.ts";
import { type PassingHooks, resultUntilEnded, untilEnded } from "../../streams/until-ended.ts";
import { optionalPrincipalOf } from "../principal-context.ts";
import type { AnyMessage, GuardedMethod, Implementation } from "./guarded-method.ts";
import { interceptStream } from "./intercept.ts";
import { openShadowStream } from "./open-shadow-stream.ts";
import { type OpenStream, openStream, type StreamOptions } from "./open-stream.ts";

/** What stands around the implementation of one method with streams. */
export interface GuardedStreamMethod extends GuardedMethod {
  /** Undefined: the server has no policy for the method, and the gate lets its calls in only in shadow mode. */
  readonly policy: Policy | undefined;
  readonly streams: StreamOptions;
  /** Whether streams outlast their tokens, because the service is in shadow mode. */
  readonly isShadow: boolean;
}

/** A call that is let in. */
interface StreamCall {
  readonly ctx: HandlerContext;
  /** Whether it ends by itself, with one answer. */
  readonly isCall: boolean;
  /** The newest message that the rule has let pass: a renewal is held against it. */
  latest?: Message;
}

type Output = MessageInitShape<AnyMessage>;
type Outputs = AsyncIterable<Output>;

/** Guard the implementation of a server-streaming method. */
export function guardServerStream(
  impl: Implementation<"server_streaming">,
  method: GuardedStreamMethod,
): Implementation<"server_streaming"> {
  const { guard, interceptors } = method;
  return (message, ctx) =>
    toOutputs(method, ctx, (admitted) => {
      const pass = (): Outputs =>
        passOutputs(method, { ctx: admitted, isCall: false, latest: message }, (stream) =>
          interceptors.length === 0
            ? impl(message, stream.ctx)
            : interceptStream(interceptors, { messages: once(message), ctx: stream.ctx }, (messages, inner) =>
                toOutputsOf(messages, (only) => impl(only, inner)),
              ),
        );
      const checked = guard.check?.(optionalPrincipalOf(admitted), { message, ctx: admitted });
      return checked instanceof Promise ? toLaterOutputs(method, ctx, checked.then(pass)) : pass();
    });
}

/** Guard the implementation of a bidi-streaming method. */
export function guardBidiStream(
  impl: Implementation<"bidi_streaming">,
  method: GuardedStreamMethod,
): Implementation<"bidi_streaming"> {
  const { interceptors } = method;
  return (inputs, ctx) =>
    toOutputs(method, ctx, (admitted) => {
      const call: StreamCall = { ctx: admitted, isCall: false };
      return passOutputs(method, call, (stream) => {
        const messages = passInputs(method, { call, stream, inputs });
        return interceptors.length === 0
          ? impl(messages, stream.ctx)
          : interceptStream(interceptors, { messages, ctx: stream.ctx }, impl);
      });
    });
}

/** Guard the implementation of a client-streaming method. */
export function guardClientStream(
  impl: Implementation<"client_streaming">,
  method: GuardedStreamMethod,
): Implementation<"client_streaming"> {
  const { guard, interceptors, toError } = method;
  const answer = (stream: OpenStream, messages: AsyncIterable<Message>): Promise<Output> =>
    interceptors.length === 0
      ? impl(messages, stream.ctx)
      : onlyOf(
          interceptStream(interceptors, { messages, ctx: stream.ctx }, async function* (inputs, inner) {
            yield await impl(inputs, inner);
          }),
        );
  return async (inputs, ctx) => {
    let stream: OpenStream | undefined;
    try {
      const call: StreamCall = { ctx: await guard.admit(ctx), isCall: true };
      stream = open(method, call);
      return await resultUntilEnded(
        answer(stream, passInputs(method, { call, stream, inputs })),
        stream.ending,
      );
    } catch (error) {
      throw toError(error, ctx);
    } finally {
      stream?.release();
    }
  };
}

/** Run what needs an admitted call, and convert what it throws. Without a promise where the verdict is there. */
function toOutputs(
  method: GuardedMethod,
  ctx: HandlerContext,
  run: (admitted: HandlerContext) => Outputs,
): Outputs {
  const { guard, toError } = method;
  try {
    const admitted = guard.admit(ctx);
    return admitted instanceof Promise ? toLaterOutputs(method, ctx, admitted.then(run)) : run(admitted);
  } catch (error) {
    throw toError(error, ctx);
  }
}

/** Pass outputs on when they are there. Nothing may be reading them: then their failure has no reader either. */
function toLaterOutputs(method: GuardedMethod, ctx: HandlerContext, outputs: Promise<Outputs>): Outputs {
  outputs.catch(() => {});
  return passLater(method, ctx, outputs);
}

async function* passLater(
  { toError }: GuardedMethod,
  ctx: HandlerContext,
  outputs: Promise<Outputs>,
): AsyncGenerator<Output> {
  try {
    yield* await outputs;
  } catch (error) {
    throw toError(error, ctx);
  }
}

/** Open a stream, and pass on what its handler answers until it ends. */
function passOutputs(
  method: GuardedStreamMethod,
  call: StreamCall,
  run: (stream: OpenStream) => Outputs,
): Outputs {
  const stream = open(method, call);
  const hooks: PassingHooks<Output> = {
    toError: (error) => method.toError(error, call.ctx),
    onDone: () => stream.release(),
  };
  try {
    return untilEnded(run(stream), stream.ending, hooks);
  } catch (error) {
    stream.release();
    throw error;
  }
}

/** The messages that a client sends on a stream. */
interface InputStream {
  readonly call: StreamCall;
  readonly stream: OpenStream;
  readonly inputs: AsyncIterable<Message>;
}

/**
 * Hold the rule against every message before the handler sees it. A message that is refused ends the call at once,
 * whether the handler would rather go on without it or hangs.
 */
function passInputs(
  { guard: { check } }: GuardedMethod,
  { call, stream, inputs }: InputStream,
): AsyncIterable<Message> {
  const { ending } = stream;
  if (check === undefined) {
    return untilEnded(inputs, ending);
  }
  const keep = (message: Message): void => {
    call.latest = message;
  };
  const refuse = (error: unknown): never => {
    if (error instanceof AuthError) {
      ending.end(error);
    }
    throw error;
  };
  return untilEnded(inputs, ending, {
    onMessage(message) {
      try {
        const checked = check(optionalPrincipalOf(call.ctx), { message, ctx: stream.ctx });
        return checked instanceof Promise ? checked.then(() => keep(message), refuse) : keep(message);
      } catch (error) {
        return refuse(error);
      }
    },
  });
}

function open(method: GuardedStreamMethod, call: StreamCall): OpenStream {
  const { guard, isShadow, policy, streams } = method;
  const { ctx, isCall } = call;
  if (isShadow || policy === undefined) {
    return openShadowStream(streams.drain, { ctx, isCall });
  }
  const assertRule = (principal: Principal): void => {
    if (call.latest !== undefined) {
      // A renewal does not wait for a decision, which ends the stream when it comes.
      guard.check?.(principal, { message: call.latest, ctx: stream.ctx })?.catch(endStream);
    }
  };
  const stream = openStream(streams, { ctx, policy, assertRule, isCall });
  const endStream = (error: unknown): void => stream.ending.end(toAuthError(error));
  return stream;
}

/** Whatever keeps a new principal from being judged ends the stream, and signs no one out. */
function toAuthError(error: unknown): AuthError {
  return error instanceof AuthError
    ? error
    : new AuthError("AUTH_UNAVAILABLE", "whether the stream may go on cannot be decided now", {
        cause: error,
        facts: { check: "decide", expected: "an answer", got: "an error" },
      });
}

async function* once(message: Message): AsyncGenerator<Message> {
  yield message;
}

async function* toOutputsOf(
  messages: AsyncIterable<Message>,
  run: (only: Message) => Outputs,
): AsyncGenerator<Output> {
  yield* run(await onlyOf(messages));
}

/** Read the only message there is, to the end of its stream. */
async function onlyOf<T>(messages: AsyncIterable<T>): Promise<T> {
  const all: T[] = [];
  for await (const message of messages) {
    all.push(message);
  }
  const [only] = all;
  if (only === undefined || all.length > 1) {
    throw new ConnectError("an interceptor has made another number of messages than one", Code.Internal);
  }
  return only;
}
