import { createChannel, createClient, Metadata } from "nice-grpc";
import { definition, requests } from "./definition.ts";
import { type CreateSide, countMessages, createPingPong } from "./side.ts";

/** nice-grpc, without generated code. */
export const createNiceGrpc: CreateSide = (baseUrl, token) => {
  const client = createClient(definition, createChannel(new URL(baseUrl).host));
  const options = () => ({ metadata: Metadata({ authorization: `Bearer ${token}` }) });
  return {
    call: () => client.createNote(requests.call(), options()),
    pull: (messages) => countMessages(client.watchNotes(requests.pull(messages), options())),
    pingPong(count) {
      const { messages, next } = createPingPong(requests.pingPong(), count);
      return countMessages(client.syncNotes(messages, options()), next);
    },
  };
};
