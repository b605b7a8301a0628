import { Code, ConnectError } from "@connectrpc/connect";
import { SessionService, type TokenSet } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { clientOf } from "./rpc.ts";

/** A client that keeps a session as it should: an attempt has a name, and keeps it until it is answered. */
export interface RefreshingClient {
  /** The tokens of the last answer. */
  readonly tokens: TokenSet;
  /** How many attempts were answered with tokens. */
  readonly answered: number;
  /** Refresh, or repeat the attempt that was not answered. Rejects with what the call was refused with. */
  refresh(baseUrl: string): Promise<TokenSet>;
}

/** Carry on with the tokens of a sign-in. */
export function createRefreshingClient(signedIn: TokenSet): RefreshingClient {
  let tokens = signedIn;
  let answered = 0;
  let refreshId: string | undefined;
  return {
    get tokens() {
      return tokens;
    },
    get answered() {
      return answered;
    },
    async refresh(baseUrl) {
      refreshId ??= crypto.randomUUID();
      const client = clientOf(SessionService, { baseUrl });
      const response = await client.refresh({ refreshToken: tokens.refreshToken, refreshId });
      if (response.tokens === undefined) {
        throw new Error("the server refreshed without tokens");
      }
      tokens = response.tokens;
      answered += 1;
      refreshId = undefined;
      return tokens;
    },
  };
}

/** Say whether an error is one of an outage: the server, or its store, could not be reached. */
export function isOutage(error: unknown): boolean {
  const { code, cause } = ConnectError.from(error);
  const isSocketError = cause instanceof Error && "syscall" in cause;
  return code === Code.Unavailable || code === Code.Aborted || isSocketError;
}
