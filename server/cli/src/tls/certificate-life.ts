import { X509Certificate } from "node:crypto";

/** When a certificate chain holds, in milliseconds since 1970. */
export interface CertificateLife {
  /** From when on all certificates of the chain hold. */
  readonly notBeforeMs: number;
  /** When the first of them expires. */
  readonly notAfterMs: number;
}

/** How near the end is: `soon`: it should have been renewed; `late`: it must be; `expired`: clients refuse it. */
export type CertificateStage = "fine" | "soon" | "late" | "expired";

const DAY_MS = 86_400_000;

/** Of a chain that lives shorter than three months, less than a third of its life is left; then less than a tenth. */
const SOON = { leftMs: 30 * DAY_MS, share: 1 / 3 };
const LATE = { leftMs: 7 * DAY_MS, share: 1 / 10 };

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Read when a certificate chain in PEM holds. */
export function readCertificateLife(pem: string): CertificateLife {
  const chain = (pem.match(BLOCK) ?? [pem]).map((block) => new X509Certificate(block));
  return {
    notBeforeMs: Math.max(...chain.map(({ validFrom }) => Date.parse(validFrom))),
    notAfterMs: Math.min(...chain.map(({ validTo }) => Date.parse(validTo))),
  };
}

/** Find how near the end of a certificate is. */
export function stageOf({ notBeforeMs, notAfterMs }: CertificateLife, nowMs: number): CertificateStage {
  const leftMs = notAfterMs - nowMs;
  const isBelow = (limit: typeof SOON): boolean =>
    leftMs < Math.min(limit.leftMs, (notAfterMs - notBeforeMs) * limit.share);
  if (leftMs <= 0) {
    return "expired";
  }
  return isBelow(LATE) ? "late" : isBelow(SOON) ? "soon" : "fine";
}
