import * as oauth from "oauth4webapi";

/** Create what finds the proofs of a key. Of each key there is one: it remembers the nonces of the provider. */
export function createProofHandles(client: oauth.Client): (keyPair: CryptoKeyPair) => oauth.DPoPHandle {
  const handles = new WeakMap<CryptoKeyPair, oauth.DPoPHandle>();
  return (keyPair) => {
    const handle = handles.get(keyPair) ?? oauth.DPoP(client, keyPair);
    handles.set(keyPair, handle);
    return handle;
  };
}

/** Run a request, and once more when the provider wants its nonce in the proof (RFC 9449 §8): it has done nothing then. */
export async function withNonce<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) {
      throw error;
    }
    return run();
  }
}
