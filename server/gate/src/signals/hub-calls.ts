import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  SignalService,
  type WatchRequestSchema,
  type WatchResponse,
} from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { beforeAbort } from "../kernel/before-abort.ts";
import type { Clock } from "../kernel/clock.ts";
import { createEnvelopePile, HEAD_BYTES } from "../kernel/envelopes.ts";
import { post, readRetryAfter } from "../kernel/post.ts";
import { createWorkSlices } from "../kernel/work-slices.ts";
import { type HubAnswer, toHubError, toStatusError } from "./hub-error.ts";
import { READ_SCOPE, RENEW_SCOPE } from "./scopes.ts";
import { SignalsError } from "./signals-error.ts";

/** A call of a hub. */
export interface HubCall {
  readonly hub: URL;
  readonly accessToken: string;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Calls hubs over the Connect protocol (https://connectrpc.com/docs/protocol), which needs nothing but `fetch`. */
export interface HubCalls {
  /** Call a method. @throws SignalsError */
  unary<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    call: HubCall,
  ): Promise<MessageShape<Output>>;
  /**
   * Watch until the hub ends it, or the signal.
   *
   * @param onMessage takes each message as it comes; what it throws ends the watch
   * @throws SignalsError when the hub ends it with an error
   */
  watch(
    request: MessageInitShape<typeof WatchRequestSchema>,
    call: HubCall,
    onMessage: (message: WatchResponse) => void,
  ): Promise<void>;
}

/** What calls are made with. */
export interface HubCallsOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

/** More than the largest page of a snapshot. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const END_OF_STREAM = 2;

/** Create what calls hubs. */
export function createHubCalls({ fetch, clock }: HubCallsOptions): HubCalls {
  return {
    async unary(method, request, { hub, accessToken, signal }) {
      const body = toBinary(method.input, create(method.input, request)).slice();
      const headers = toHeaders("application/proto", accessToken);
      const sent = post(toUrl(hub, method.name), { headers, body }, { fetch, clock, signal });
      const response = await sent.catch((cause: unknown) => {
        throw unreachable(hub, cause);
      });
      const { status, headers: fields, bytes } = response;
      const answer = { hub, scope: RENEW_SCOPE, retryAfterMs: readRetryAfter(fields) };
      if (status !== 200) {
        throw isJson(fields) ? toHubError(parseJson(bytes), answer) : toStatusError(status, answer);
      }
      return parse(method.output, bytes);
    },
    async watch(request, { hub, accessToken, signal }, onMessage) {
      const { input, output, name } = SignalService.method.watch;
      const body = toEnvelope(toBinary(input, create(input, request)));
      const headers = toHeaders("application/connect+proto", accessToken);
      const sent = fetch(toUrl(hub, name), { method: "POST", headers, body, redirect: "manual", signal });
      const response = await beforeAbort(sent, signal).catch((cause: unknown) => {
        throw unreachable(hub, cause);
      });
      const answer = { hub, scope: READ_SCOPE, retryAfterMs: readRetryAfter(response.headers) };
      if (response.status !== 200 || response.body === null) {
        response.body?.cancel().catch(() => {}); // it is of no use, broken or not
        throw toStatusError(response.status, answer);
      }
      await readStream(response.body, { answer, signal, clock }, (bytes) => onMessage(parse(output, bytes)));
    },
  };
}

function toHeaders(contentType: string, accessToken: string): Record<string, string> {
  return {
    "content-type": contentType,
    "connect-protocol-version": "1",
    authorization: `Bearer ${accessToken}`,
  };
}

/** A hub may be served under a path. */
function toUrl(hub: URL, method: string): URL {
  return new URL(`${hub.origin}${hub.pathname.replace(/\/$/, "")}/${SignalService.typeName}/${method}`);
}

function toEnvelope(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const envelope = new Uint8Array(HEAD_BYTES + message.length);
  new DataView(envelope.buffer).setUint32(1, message.length);
  envelope.set(message, HEAD_BYTES);
  return envelope;
}

interface StreamContext {
  readonly answer: HubAnswer;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Read the messages of a stream until its end. @throws SignalsError when that says that it failed, or does not come */
async function readStream(
  body: ReadableStream<Uint8Array>,
  { answer, signal, clock }: StreamContext,
  onMessage: (bytes: Uint8Array) => void,
): Promise<void> {
  // A snapshot comes faster than it is taken in: the next part of it is always there.
  const inSlices = createWorkSlices(clock);
  const pile = createEnvelopePile(MAX_MESSAGE_BYTES, () => wrong("a message of the hub is too large"));
  const reader = body.getReader();
  const stop = (): void => void reader.cancel().catch(() => {}); // it is of no use any more, broken or not
  signal.addEventListener("abort", stop);
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw unreachable(answer.hub, cause);
      });
      if (done) {
        throw unreachable(answer.hub, undefined);
      }
      for (const envelope of pile.takeWhole(value)) {
        const content = envelope.subarray(HEAD_BYTES);
        if (envelope[0] === END_OF_STREAM) {
          return endOf(parseJson(content), answer);
        }
        if (envelope[0] !== 0) {
          throw wrong("the hub sends what is compressed, which was not asked for");
        }
        await inSlices(() => onMessage(content));
      }
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

function endOf(json: unknown, answer: HubAnswer): void {
  if (typeof json !== "object" || json === null) {
    throw wrong("the hub ends with what is no message");
  }
  const { error }: { readonly error?: unknown } = json;
  if (error !== undefined) {
    throw toHubError(error, answer);
  }
}

function parse<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(schema, bytes, { readUnknownFields: false });
  } catch (cause) {
    throw new SignalsError("protocol", "the hub sends what is no message", { cause });
  }
}

function isJson(headers: Headers): boolean {
  return headers.get("content-type")?.startsWith("application/json") === true;
}

/** @returns undefined for what is none */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // then it says nothing of why
  }
}

function unreachable(hub: URL, cause: unknown): SignalsError {
  return new SignalsError("unreachable", `${hub.origin} cannot be reached, or the connection to it broke`, {
    cause,
  });
}

function wrong(message: string): SignalsError {
  return new SignalsError("protocol", message);
}
