import { base64Decode } from "@bufbuild/protobuf/wire";
import { toHex } from "../../kernel/hex.ts";
import type { Revoked } from "../../revoked/revoked.ts";
import type { CollectedResponse } from "../../streams/collect-responses.ts";
import type { SetDigest } from "./shared-revocations.ts";

/** The channel of messages to all servers. */
export const PEERS_CHANNEL = "countersign_signals";

/** Name the channel of messages to one server. @param serverId its name, 128 bits in base64url */
export function toPeerChannel(serverId: string): string {
  return `${PEERS_CHANNEL}_${toHex(base64Decode(serverId))}`;
}

/**
 * What servers say to each other. A release passes over kinds that it does not know: what is revoked comes as `revoked` and in
 * pages only, of which a release knows enough to refuse.
 */
export type PeerMessage =
  /** To all: what is revoked from now on. */
  | { readonly kind: "revoked"; readonly revoked: readonly Revoked[] }
  /** To all, or to one: what a server knows, in short. One that may have missed messages asks others for theirs. */
  | {
      readonly kind: "digest";
      readonly digest: SetDigest;
      readonly isAsking: boolean;
      readonly sentAtMs: number;
    }
  /** To one: send what you know in these parts. */
  | { readonly kind: "fetch"; readonly pull: number; readonly parts: readonly number[] }
  /** The answer, a page at a time. `pages`: how many there are in all, with the last one. */
  | {
      readonly kind: "page";
      readonly pull: number;
      readonly revoked: readonly Revoked[];
      readonly pages?: number;
    }
  /** To one, or to all: renew these streams of yours with this token. */
  | {
      readonly kind: "renew";
      readonly request: string;
      readonly streamIds: readonly string[];
      readonly accessToken: string;
    }
  /** The answer. */
  | ({ readonly kind: "renewed"; readonly request: string } & CollectedResponse);

/** A message and who has sent it. */
export interface SentMessage {
  readonly from: string;
  readonly message: PeerMessage;
}
