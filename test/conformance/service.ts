import { setTimeout as wait } from "node:timers/promises";
import { create, type Message } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import { ConnectError, type ConnectRouter, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import type {
  Header,
  StreamDefinition,
  StreamRequest,
  UnaryDefinition,
  UnaryRequest,
  WantedError,
} from "./messages.ts";
import type { Suite } from "./suite.ts";

/** Register the service that the suite calls: it does what each request asks of it, and says what it has seen. */
export function createConformanceRoutes(suite: Suite): (router: ConnectRouter) => void {
  const { service } = suite;
  const answerOne = createOneAnswer(suite);
  const implementation = {
    unary: (req: UnaryRequest, ctx: HandlerContext) => answerOne(req.responseDefinition, [req], ctx),
    idempotentUnary: (req: UnaryRequest, ctx: HandlerContext) =>
      answerOne(req.responseDefinition, [req], ctx),
    async clientStream(requests: AsyncIterable<UnaryRequest>, ctx: HandlerContext) {
      const all: UnaryRequest[] = [];
      for await (const req of requests) {
        all.push(req);
      }
      return await answerOne(all[0]?.responseDefinition, all, ctx);
    },
    async *serverStream(req: StreamRequest, ctx: HandlerContext) {
      yield* createAnswers(suite, req.responseDefinition, ctx).rest([req]);
    },
    async *bidiStream(requests: AsyncIterable<StreamRequest>, ctx: HandlerContext) {
      let answers: Answers | undefined;
      const unanswered: StreamRequest[] = [];
      let isFullDuplex = false;
      for await (const req of requests) {
        if (answers === undefined) {
          isFullDuplex = req.fullDuplex ?? false;
        }
        answers ??= createAnswers(suite, req.responseDefinition, ctx);
        if (isFullDuplex && !answers.isDone) {
          yield await answers.next([req]);
        } else {
          unanswered.push(req);
        }
        if (isFullDuplex && unanswered.length > 0) {
          break;
        }
      }
      yield* (answers ?? createAnswers(suite, undefined, ctx)).rest(unanswered);
    },
  };
  // The suite's protos are not known here: the methods have these names and shapes.
  const typed = implementation as unknown as Partial<ServiceImpl<typeof service>>;
  return (router) => void router.service(service, typed);
}

type ToPayload = (parts: { readonly data?: Uint8Array; readonly requestInfo?: Message }) => object;

function payloadOf(suite: Suite): ToPayload {
  const schema = suite.message("ConformancePayload");
  return (parts) => ({ payload: create(schema, parts) });
}

function createOneAnswer(suite: Suite) {
  const toPayload = payloadOf(suite);
  return async (
    definition: UnaryDefinition | undefined,
    requests: readonly Message[],
    ctx: HandlerContext,
  ) => {
    setFields(ctx, definition);
    const requestInfo = describeRequest(suite, requests, ctx);
    const { response, responseDelayMs = 0 } = definition ?? {};
    if (response?.case === "error") {
      throw toError(response.value, anyOf(suite, requestInfo));
    }
    await wait(responseDelayMs);
    return toPayload(
      response?.case === "responseData" ? { data: response.value, requestInfo } : { requestInfo },
    );
  };
}

/** The answers of a call that has several. */
interface Answers {
  readonly isDone: boolean;
  /** @param requests those that it answers */
  next(requests: readonly Message[]): Promise<object>;
  /** All that are left, and the error. */
  rest(requests: readonly Message[]): AsyncIterable<object>;
}

function createAnswers(suite: Suite, definition: StreamDefinition | undefined, ctx: HandlerContext): Answers {
  const toPayload = payloadOf(suite);
  const { responseData = [], responseDelayMs = 0, error } = definition ?? {};
  setFields(ctx, definition);
  let sent = 0;
  const answers: Answers = {
    get isDone() {
      return sent >= responseData.length;
    },
    async next(requests) {
      await wait(responseDelayMs);
      const data = responseData[sent] ?? new Uint8Array();
      sent += 1;
      return toPayload(
        requests.length === 0 ? { data } : { data, requestInfo: describeRequest(suite, requests, ctx) },
      );
    },
    async *rest(requests) {
      for (let unanswered = requests; !answers.isDone; unanswered = []) {
        yield await answers.next(unanswered);
      }
      if (error === undefined) {
        return;
      }
      const info = sent === 0 ? [anyOf(suite, describeRequest(suite, requests, ctx))] : [];
      throw toError(error, ...info);
    },
  };
  return answers;
}

function setFields(
  { responseHeader, responseTrailer }: HandlerContext,
  definition: UnaryDefinition | StreamDefinition | undefined,
): void {
  append(responseHeader, definition?.responseHeaders ?? []);
  append(responseTrailer, definition?.responseTrailers ?? []);
}

function append(headers: Headers, fields: readonly Header[]): void {
  for (const { name, value } of fields) {
    for (const one of value) {
      headers.append(name, one);
    }
  }
}

function describeRequest(suite: Suite, requests: readonly Message[], ctx: HandlerContext): Message {
  const timeoutMs = ctx.timeoutMs();
  return create(suite.message("ConformancePayload.RequestInfo"), {
    requestHeaders: [...ctx.requestHeader].map(([name, value]) => ({ name, value: [value] })),
    requests: requests.map((request) => anyOf(suite, request)),
    // Throws when it is no whole number.
    ...(timeoutMs === undefined ? {} : { timeoutMs: BigInt(timeoutMs) }),
    ...(ctx.requestMethod === "GET" ? { connectGetInfo: { queryParams: queryOf(ctx.url) } } : {}),
  });
}

function queryOf(url: string): readonly Header[] {
  return [...new URL(url).searchParams].map(([name, value]) => ({ name, value: [value] }));
}

function anyOf(suite: Suite, message: Message): Any {
  return anyPack(suite.message(message.$typeName.replace(/^connectrpc\.conformance\.v1\./, "")), message);
}

function toError({ code, message = "", details }: WantedError, ...more: readonly Any[]): ConnectError {
  const error = new ConnectError(message, code);
  error.details.push(
    ...[...details, ...more].map(({ typeUrl, value }) => ({
      type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
      value,
    })),
  );
  return error;
}
