import { assertOptions, type OptionForm } from "../core/option-forms.ts";
import type { TokenBinding } from "../core/token-binding.ts";
import { createKeyShelf } from "./key-shelf.ts";
import { createOriginNotes } from "./origin-notes.ts";
import { assertProofKeyPair, createProofKey } from "./proof-key.ts";
import { createProofSigners } from "./proof-signer.ts";
import { createProver, type ProverContext } from "./prover.ts";
import { createTokenDigest } from "./token-digest.ts";

/** What {@link dpop} can be told. */
export interface DpopOptions {
  /**
   * A key of your own for all sessions: a pair of keys for ECDSA with P-256, of which the private one signs. It is not
   * stored. Default: each session gets a key of its own, which is kept where the session is, and ends with it.
   */
  readonly key?: CryptoKeyPair | undefined;
}

const FORMS = { key: "object" } as const satisfies Record<keyof DpopOptions, OptionForm>;

/**
 * Bind the tokens of a session to a key, by a proof of it with every request
 * ([RFC 9449](https://www.rfc-editor.org/rfc/rfc9449)): a copy of a token is then worth nothing. It is for the option `dpop` of
 * `createSession`, and of `oidc` for sign-ins at a provider.
 *
 * A browser makes a key that no script can read, keeps it with the session in IndexedDB, for all tabs, and forgets it at
 * sign-out. Elsewhere it is a text, and part of what a store of the session writes: give `createFileStore` a secret.
 *
 * A server that binds no tokens goes on as without: the console of the host has a warning then.
 *
 * @throws TypeError when the key cannot make proofs, an option is not understood, or the host lacks `crypto.subtle`
 */
export function dpop(options: DpopOptions = {}): TokenBinding {
  assertOptions("dpop", options, FORMS);
  assertSubtle();
  const { key: given } = options;
  if (given !== undefined) {
    assertProofKeyPair(given);
  }
  const shelf = createKeyShelf();
  const context: ProverContext = {
    given,
    signerOf: createProofSigners(),
    digestOf: createTokenDigest(),
    origins: createOriginNotes(),
    warnUnbound: once(() => {
      // biome-ignore lint/suspicious/noConsole: no call fails, so no error can carry it
      console.warn(
        "countersign: the server binds no tokens to the key of dpop(): they are sent without proofs",
      );
    }),
  };
  return {
    async keepKey(name) {
      const key = given ?? (await createProofKey());
      if (key !== given) {
        await shelf.put(name, key);
      }
      return key;
    },
    takeKey: async (name) => given ?? shelf.take(name),
    proverOf: (tokens) => createProver(tokens, context),
  };
}

function assertSubtle(): void {
  // A host may lack it, whatever its types say: hence the cast.
  const { crypto } = globalThis as Partial<typeof globalThis>;
  if (crypto?.subtle === undefined) {
    throw new TypeError(
      "dpop needs crypto.subtle: browsers have it over https and on this machine, other hosts with a polyfill",
    );
  }
}

function once(run: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) {
      isDone = true;
      run();
    }
  };
}
