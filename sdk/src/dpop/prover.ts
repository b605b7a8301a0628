import { Code, ConnectError } from "@connectrpc/connect";
import { hasReason } from "../core/error-info.ts";
import { randomId } from "../core/random.ts";
import { TokenSourceError } from "../core/source-error.ts";
import type { ProofHeaders, ProofKey, Provable, ProvenRequest, Prover } from "../core/token-binding.ts";
import { type OriginNote, type OriginNotes, resolveUrl } from "./origin-notes.ts";
import { createProofKey } from "./proof-key.ts";
import type { ProofSigner } from "./proof-signer.ts";
import type { TokenDigest } from "./token-digest.ts";

/** What all provers of one `dpop()` have in common. */
export interface ProverContext {
  readonly signerOf: (key: ProofKey) => Promise<ProofSigner>;
  readonly digestOf: (accessToken: string) => TokenDigest;
  readonly origins: OriginNotes;
  /** The key that a program has handed in: it goes before those of sessions. */
  readonly given: CryptoKeyPair | undefined;
  /** Says that the tokens of a session are bound to no key. */
  readonly warnUnbound: () => void;
}

const KEY_LOST = "the key that the session's tokens are bound to is gone";
const MS_PER_SECOND = 1_000;

/** Create what proves the requests of one session. */
export function createProver(tokens: Provable, context: ProverContext): Prover {
  const { signerOf, digestOf, origins, warnUnbound } = context;
  const boundTo = tokens.accessToken && digestOf(tokens.accessToken.reveal()).jwkThumbprint;
  const isBound = boundTo !== undefined || tokens.tokenType?.toLowerCase() === "dpop";
  let found: Promise<ProofKey | undefined> | undefined;
  /** How far the server's clock was taken to be ahead in the last proof. */
  let usedSkewMs = 0;

  function key(): Promise<ProofKey | undefined> {
    const known = context.given ?? tokens.proofKey;
    found ??= known || isBound ? Promise.resolve(known) : createProofKey();
    return found;
  }

  /** Find what signs; `undefined` when the key is gone that the tokens are bound to. */
  async function findSigner(): Promise<ProofSigner | undefined> {
    const proofKey = await key();
    const signer = proofKey && (await signerOf(proofKey));
    return boundTo === undefined || boundTo === signer?.thumbprint ? signer : undefined;
  }

  async function toHeaders({
    url,
    httpMethod,
    accessToken,
  }: ProvenRequest): Promise<ProofHeaders | undefined> {
    if (accessToken !== undefined && !isBound) {
      warnUnbound();
      return { authorization: `Bearer ${accessToken}` };
    }
    const signer = await findSigner();
    if (!signer) {
      return undefined;
    }
    const { nonce, skewMs } = origins.of(url);
    usedSkewMs = skewMs;
    const ath = accessToken && (await digestOf(accessToken).hash);
    const dpop = await signer.sign(toClaims({ url, httpMethod, skewMs, ath, nonce }));
    return accessToken === undefined ? { dpop } : { authorization: `DPoP ${accessToken}`, dpop };
  }

  function mayRetry(url: string, refusal: ConnectError): boolean {
    origins.note(url, refusal.metadata);
    const { nonce, skewMs } = origins.of(url);
    return (
      (nonce !== undefined && hasReason(refusal, ["DPOP_NONCE_REQUIRED"])) ||
      (skewMs !== usedSkewMs && hasReason(refusal, ["DPOP_PROOF_INVALID"]))
    );
  }

  return {
    key,
    async keyPair() {
      return (await findSigner())?.keyPair ?? fail(endOfSession());
    },
    async send(request, run) {
      const attempt = async () =>
        run((await toHeaders(request)) ?? fail(endOfSession()), (answer) =>
          origins.note(request.url, answer),
        );
      return attempt()
        .catch((error) => (mayRetry(request.url, ConnectError.from(error)) ? attempt() : fail(error)))
        .catch((error) => fail(toSourceError(error)));
    },
    async call({ url, requestMethod: httpMethod, header }, run) {
      const headers = await toHeaders({ url, httpMethod, accessToken: tokens.accessToken?.reveal() });
      // As one that refuses the token: a refresh ends the session, for this reason.
      for (const [name, value] of Object.entries(
        headers ?? fail(new ConnectError(KEY_LOST, Code.Unauthenticated)),
      )) {
        header.set(name, value);
      }
      const response = await run();
      origins.note(url, response.header);
      return response;
    },
    mayRetry,
  };
}

/** What a proof is made of. */
interface ProofParts extends Pick<ProvenRequest, "url" | "httpMethod">, OriginNote {
  readonly ath: string | undefined;
}

function toClaims({ url, httpMethod = "POST", skewMs, ath, nonce }: ProofParts): object {
  const iat = Math.floor((Date.now() + skewMs) / MS_PER_SECOND);
  return { jti: randomId(), htm: httpMethod, htu: resolveUrl(url).split(/[?#]/, 1)[0], iat, ath, nonce };
}

function endOfSession(): TokenSourceError {
  return new TokenSourceError("final", KEY_LOST, { reason: "key_lost" });
}

/** A wrong clock and a wrong address are no end of a session: both pass. */
function toSourceError(error: unknown): unknown {
  const isRefused = hasReason(ConnectError.from(error), ["DPOP_PROOF_INVALID", "DPOP_NONCE_REQUIRED"]);
  return isRefused ? new TokenSourceError("config", "the server refuses the proof", { cause: error }) : error;
}

function fail(error: unknown): never {
  throw error;
}
