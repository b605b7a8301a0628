import type { Listener } from "@countersign/node";
import { systemClock } from "@countersign/server/internal";
import type { Terminal } from "../command.ts";
import type { Backend } from "../open-backend.ts";
import { createGauge } from "../operate/create-metric.ts";
import type { CertificateLife, CertificateStage } from "./certificate-life.ts";
import { assertTlsFiles, readTlsFiles, type TlsFiles } from "./tls-files.ts";
import { type CertificateObserver, watchCertificate } from "./watch-certificate.ts";

/** What a listener was opened with. */
export interface ServedCertificate {
  /** Hangs up when the files are to be read at once. */
  readonly terminal: Terminal;
  /** Undefined: it speaks no TLS. */
  readonly installed: TlsFiles | undefined;
}

/**
 * Have a listener use its certificate anew when the files have changed, and when the terminal hangs up. The log and a figure
 * say when it expires.
 *
 * @returns what ends that
 */
export function serveCertificate(
  listener: Pick<Listener, "setCertificate">,
  backend: Pick<Backend, "config" | "log" | "metrics">,
  { terminal, installed }: ServedCertificate,
): () => void {
  const { config } = backend;
  if (installed === undefined) {
    return () => undefined;
  }
  const watch = watchCertificate({
    // The settings that have led to the first of them are the same.
    read: async () => (await readTlsFiles(config)) ?? installed,
    install(files) {
      assertTlsFiles(files, config);
      listener.setCertificate(files);
    },
    installed,
    clock: systemClock,
    observer: createObserver(backend),
  });
  const stopListening = terminal.onHangup(() => void watch.look());
  return () => {
    stopListening();
    watch.close();
  };
}

interface AgingLine {
  readonly level: "error" | "warn";
  readonly message: string;
}

const AGING: Readonly<Record<Exclude<CertificateStage, "fine">, AgingLine>> = {
  soon: { level: "warn", message: "the TLS certificate expires soon: replace its files" },
  late: { level: "error", message: "the TLS certificate is about to expire: replace its files" },
  expired: {
    level: "error",
    message: "the TLS certificate has expired, and clients refuse it: replace its files",
  },
};

function createObserver({ log, metrics }: Pick<Backend, "log" | "metrics">): CertificateObserver {
  const expiry = createGauge(metrics.registry, "countersign_tls_certificate_expires_seconds");
  return {
    used(life, isFirst) {
      expiry.set(life.notAfterMs / 1000);
      if (!isFirst) {
        log.info(describe(life), "the TLS certificate was replaced: new connections get it");
      }
    },
    refused: (err) =>
      log.error({ err }, "the files of the TLS certificate cannot be used: the former one stays in use"),
    aging(stage, life) {
      const { level, message } = AGING[stage];
      log[level](describe(life), message);
    },
  };
}

function describe({ notAfterMs }: CertificateLife): { readonly expires: string } {
  return { expires: new Date(notAfterMs).toISOString() };
}
