import type { Message } from "@bufbuild/protobuf";
import { createChannel, createClient, Metadata } from "nice-grpc";
import {
  allOf,
  callInTurn,
  DEFINITION,
  DETAILS,
  firstOf,
  type GrpcCall,
  type GrpcClient,
  messagesOf,
} from "./call.ts";

/** `nice-grpc`, without generated code. */
export const niceGrpc: GrpcClient = async (baseUrl, calls) => {
  const channel = createChannel(new URL(baseUrl).host);
  const client = createClient(DEFINITION, channel);
  // Its errors do not carry the trailer.
  let trailer = Metadata();
  const run = (call: GrpcCall): Promise<readonly Message[]> => {
    const options = {
      metadata: Metadata(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
      onTrailer(received: Metadata) {
        trailer = received;
      },
    };
    const messages = messagesOf(call);
    const [message] = messages;
    const kinds = {
      createNote: async () => [await client.createNote(message, options)],
      watchNotes: () => firstOf(client.watchNotes(message, options)),
      importNotes: async () => [await client.importNotes(each(messages), options)],
      syncNotes: () => allOf(client.syncNotes(each(messages), options)),
    };
    return kinds[call.method]();
  };
  const outcomes = await callInTurn(calls, run, () => String(trailer.get(DETAILS) ?? ""));
  channel.close();
  return outcomes;
};

async function* each(messages: readonly Message[]): AsyncGenerator<Message> {
  yield* messages;
}
