import type { Store } from "../store/database.ts";
import { findSetting } from "../store/store-settings.ts";

/**
 * Find the name of the issuer that a store belongs to.
 *
 * @param asked the name that was given; undefined: none was
 * @returns the name that was given, or else the one that the store keeps; undefined: neither is there
 * @throws TypeError when a server that is not the issuer asks under another name than the store keeps: what is revoked
 *   would cover no token
 */
export async function findIssuerName(
  store: Store,
  {
    issuer: asked,
    database,
  }: { readonly issuer?: string | undefined; readonly database?: object | undefined },
): Promise<string | undefined> {
  if (database === undefined && asked !== undefined) {
    return asked;
  }
  const kept = await findSetting(store, "issuer");
  if (kept !== undefined && asked !== undefined && kept !== asked) {
    throw new TypeError(
      `the database belongs to the issuer ${kept}, and revocations were asked for with issuer ${asked}: ` +
        "they would cover no token. Name the first, or leave issuer out",
    );
  }
  return asked ?? kept;
}
