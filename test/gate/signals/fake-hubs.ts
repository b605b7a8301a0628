import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type ConnectError, createConnectRouter } from "@connectrpc/connect";
import { createFetchHandler } from "@connectrpc/connect/protocol";
import {
  type AnswerRenewalRequest,
  type ForwardRenewalRequest,
  type ForwardRenewalResponseSchema,
  SignalService,
  type WatchRequest,
  type WatchResponse,
  WatchResponseSchema,
} from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import type { Clock } from "../../../server/gate/src/kernel/clock.ts";

/** The issuer of these tests. */
export const ISSUER = "https://issuer.example";

type Kind = NonNullable<MessageInitShape<typeof WatchResponseSchema>["kind"]>;
type Token = { readonly status: number; readonly headers?: Record<string, string>; readonly json: unknown };

/** A watch, as the hub sees it. */
export interface SeenWatch {
  readonly origin: string;
  readonly request: WatchRequest;
  readonly authorization: string | null;
  /** Whether the server still listens. */
  readonly isOpen: boolean;
  /** Say something. */
  say(...kinds: readonly Kind[]): void;
  /** End it. */
  end(error?: ConnectError): void;
}

/** An issuer and its hubs in memory, which say what the test says, over a `fetch` of their own. */
export interface FakeHubs {
  readonly fetch: typeof globalThis.fetch;
  /** The watches, in the order in which they were opened. */
  readonly watches: readonly SeenWatch[];
  /** The scopes of each token that was asked for. */
  readonly asked: readonly string[];
  /** Origins that cannot be reached. */
  readonly down: Set<string>;
  /** Origins that take a call and never answer. */
  readonly hung: Set<string>;
  readonly forwarded: readonly ForwardRenewalRequest[];
  readonly answers: readonly AnswerRenewalRequest[];
  /** What the next calls get. */
  next: {
    token?: (scope: string) => Token;
    watch?: () => ConnectError | undefined;
    renewal?: () => MessageInitShape<typeof ForwardRenewalResponseSchema>;
    answer?: (path: string) => Response | undefined;
  };
  /** Say at a watch that a feed begins, and that all is known. */
  begin(watch: SeenWatch | undefined, epoch?: string, cursor?: bigint): void;
  alive(watch: SeenWatch | undefined, times?: { cursor?: bigint; ageMs?: number; readAtMs?: number }): void;
}

/** Create hubs that answer at every origin. */
export function createFakeHubs(clock: Clock): FakeHubs {
  const watches: SeenWatch[] = [];
  const asked: string[] = [];
  const forwarded: ForwardRenewalRequest[] = [];
  const answers: AnswerRenewalRequest[] = [];
  const next: FakeHubs["next"] = {};
  const down = new Set<string>();
  const hung = new Set<string>();
  const router = createConnectRouter();
  router.service(SignalService, {
    async *watch(request, { requestHeader, url, signal }) {
      const error = next.watch?.();
      if (error !== undefined) {
        throw error;
      }
      const channel = createChannel(signal);
      watches.push({
        origin: new URL(url).origin,
        request,
        authorization: requestHeader.get("authorization"),
        get isOpen() {
          return !signal.aborted && !channel.isOver;
        },
        say: (...kinds) => channel.push(kinds.map((kind) => create(WatchResponseSchema, { kind }))),
        end: (why) => channel.end(why),
      });
      yield* channel.messages();
    },
    forwardRenewal(request) {
      forwarded.push(request);
      return next.renewal?.() ?? {};
    },
    answerRenewal(request) {
      answers.push(request);
      return {};
    },
  });
  const handlers = new Map(
    router.handlers.map((handler) => [handler.requestPath, createFetchHandler(handler)]),
  );

  const grant = async (request: Request): Promise<Response> => {
    const scope = new URLSearchParams(await request.text()).get("scope") ?? "";
    asked.push(scope);
    const json = { access_token: `token-${asked.length}`, token_type: "Bearer", expires_in: 600, scope };
    const { status, headers, json: body } = next.token?.(scope) ?? { status: 200, json };
    return Response.json(body, { status, ...(headers && { headers }) });
  };
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const { origin, pathname } = new URL(request.url);
    if (down.has(origin)) {
      throw new TypeError("fetch failed");
    }
    if (hung.has(origin)) {
      return new Promise((_, reject) =>
        request.signal.addEventListener("abort", () => reject(new Error("aborted"))),
      );
    }
    const answer = next.answer?.(pathname);
    if (answer !== undefined) {
      return answer;
    }
    if (pathname.startsWith("/.well-known/")) {
      return Response.json({ issuer: ISSUER, token_endpoint: `${ISSUER}/oauth2/token` });
    }
    if (pathname === "/oauth2/token") {
      return grant(request);
    }
    const handler = handlers.get(pathname);
    return handler === undefined ? new Response(null, { status: 404 }) : handler(request);
  };
  return {
    fetch,
    watches,
    asked,
    down,
    hung,
    forwarded,
    answers,
    next,
    begin(watch, epoch = "epoch", cursor = 0n) {
      watch?.say({ case: "begin", value: { epoch, isSnapshot: watch.request.epoch !== epoch } });
      this.alive(watch, { cursor });
    },
    alive(watch, { cursor = 0n, ageMs = 0, readAtMs = clock.nowMs() } = {}) {
      const value = { cursor, readAtMs: BigInt(readAtMs), ageMs: BigInt(ageMs) };
      watch?.say({ case: "alive", value });
    },
  };
}

/** Messages that are sent when the test says so. */
function createChannel(signal: AbortSignal) {
  const waiting: WatchResponse[] = [];
  let isOver = false;
  let failure: ConnectError | undefined;
  let wake = (): void => {};
  signal.addEventListener("abort", () => wake());
  return {
    get isOver() {
      return isOver;
    },
    push(messages: readonly WatchResponse[]) {
      waiting.push(...messages);
      wake();
    },
    end(error: ConnectError | undefined) {
      isOver = true;
      failure = error;
      wake();
    },
    async *messages() {
      while (!signal.aborted) {
        const message = waiting.shift();
        if (message !== undefined) {
          yield message;
        } else if (isOver) {
          break;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      if (failure !== undefined) {
        throw failure;
      }
    },
  };
}
