import type { Message } from "@bufbuild/protobuf";

/** A client that is measured. All read and write messages with protobuf-es. */
export interface ClientSide {
  /** Make a call with one message, and read its answer. */
  readonly call: () => Promise<unknown>;
  /** Open a stream, and read all of its messages. @returns how many there were */
  readonly pull: (messages: number) => Promise<number>;
  /** Send a message and wait for its answer, over and over on one stream. @returns how many answers there were */
  readonly pingPong: (messages: number) => Promise<number>;
}

/**
 * Create a client of a server on this machine.
 *
 * @param token goes into every call
 * @param before where the earlier build is
 */
export type CreateSide = (baseUrl: string, token: string, before: string) => ClientSide | Promise<ClientSide>;

/** The clients that are compared. */
export const CLIENTS = ["countersign", "connect", "grpcjs", "nice-grpc"] as const;
export type ClientName = (typeof CLIENTS)[number] | "countersign-before";

/** What is sent. */
export const TEXT: string = "x".repeat(64);

/** Messages of a stream that is answered one by one: each is sent when the one before has its answer. */
export interface PingPong<T> {
  readonly messages: AsyncGenerator<T, void>;
  /** Let the next one go. */
  readonly next: () => void;
}

/** Make the messages of {@link ClientSide.pingPong}. */
export function createPingPong<T extends object>(message: T, count: number): PingPong<T> {
  let answered = Promise.withResolvers<void>();
  async function* messages(): AsyncGenerator<T, void> {
    for (let sent = 0; sent < count; sent += 1) {
      yield message;
      await answered.promise;
      answered = Promise.withResolvers();
    }
  }
  return { messages: messages(), next: () => answered.resolve() };
}

/** Count messages, and do something with each. */
export async function countMessages(
  messages: AsyncIterable<Message>,
  onMessage?: () => void,
): Promise<number> {
  let count = 0;
  for await (const _ of messages) {
    count += 1;
    onMessage?.();
  }
  return count;
}
