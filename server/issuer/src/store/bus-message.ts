import { MAX_BUS_MESSAGE_BYTES } from "@countersign/server";

/** Names of channels come from our own code. @throws TypeError when one is not of the form that fits into SQL as it is */
export function assertChannel(channel: string): void {
  if (!/^[a-z0-9_]{1,63}$/.test(channel)) {
    throw new TypeError("a channel has 1 to 63 lower-case letters, digits and underscores");
  }
}

/** Assert that a message can be published. @throws TypeError when its channel has no such name, or it is too long */
export function assertBusMessage(channel: string, message: string): void {
  assertChannel(channel);
  if (Buffer.byteLength(message) > MAX_BUS_MESSAGE_BYTES) {
    throw new TypeError(`a message has at most ${MAX_BUS_MESSAGE_BYTES} bytes`);
  }
}
