import { readFile } from "node:fs/promises";
import { assertCertificate } from "@countersign/node/internal";
import type { Config } from "../config.ts";
import { reasonOf } from "../reason-of.ts";
import { CommandError } from "../usage-error.ts";

/** A certificate chain and its private key, in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Where they are. */
export type TlsPaths = Pick<Config, "tlsCert" | "tlsKey">;

/**
 * Read the certificate and its key.
 *
 * @returns undefined when TLS is not set up
 * @throws CommandError when a file cannot be read
 */
export async function readTlsFiles({ tlsCert, tlsKey }: TlsPaths): Promise<TlsFiles | undefined> {
  if (tlsCert === undefined || tlsKey === undefined) {
    return undefined;
  }
  try {
    const [cert, key] = await Promise.all([readFile(tlsCert, "utf8"), readFile(tlsKey, "utf8")]);
    return { cert, key };
  } catch (cause) {
    throw new CommandError(`the TLS files cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** @throws CommandError when the two do not make a certificate and its key */
export function assertTlsFiles(files: TlsFiles, { tlsCert, tlsKey }: TlsPaths): void {
  try {
    assertCertificate(files);
  } catch (cause) {
    const why = reasonOf(cause);
    throw new CommandError(`${tlsCert} and ${tlsKey} are no certificate and its key in PEM: ${why}`, {
      cause,
    });
  }
}
