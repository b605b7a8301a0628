import type { Clock } from "@countersign/server";
import { repeat } from "@countersign/server/internal";
import {
  type CertificateLife,
  type CertificateStage,
  readCertificateLife,
  stageOf,
} from "./certificate-life.ts";
import type { TlsFiles } from "./tls-files.ts";

/** What {@link watchCertificate} needs. */
export interface CertificateWatchOptions {
  /** Read the files. @throws Error when they cannot be read */
  readonly read: () => Promise<TlsFiles>;
  /** Have new connections get the certificate. @throws Error when the two are no certificate and its key */
  readonly install: (files: TlsFiles) => void;
  /** What is installed already. */
  readonly installed: TlsFiles;
  readonly clock: Clock;
  /** Learns what has become of the files. */
  readonly observer: CertificateObserver;
}

/** Learns what becomes of a certificate. */
export interface CertificateObserver {
  /** A certificate is in use: the first one, or another. */
  used(life: CertificateLife, isFirst: boolean): void;
  /** The files are no certificate that can be used; the former one stays in use. */
  refused(reason: unknown): void;
  /** The certificate in use is near its end: when that begins, and once a day. */
  aging(stage: Exclude<CertificateStage, "fine">, life: CertificateLife): void;
}

/** Puts a certificate in use that has changed. */
export interface CertificateWatch {
  /** Look at once, as an operator asks it to. */
  look(): Promise<void>;
  close(): void;
}

/** How often the files are read, in milliseconds. Read, and not watched: a mounted volume tells of no change in it. */
const EVERY_MS = 10_000;

const DAY_MS = 86_400_000;

/**
 * Watch the files of a certificate. Files that are replaced one after the other are no pair for a moment: the operator learns
 * of what cannot be used when it is still the same at the next look.
 */
export function watchCertificate(options: CertificateWatchOptions): CertificateWatch {
  const { read, install, clock, observer } = options;
  let { installed } = options;
  let life = readCertificateLife(installed.cert);
  let reported: { readonly stage: CertificateStage; readonly atMs: number } = { stage: "fine", atMs: 0 };
  /** What could not be used at the last look, and whether the operator knows. */
  let refused: { readonly what: string; readonly isReported: boolean } | undefined;
  let looking: Promise<void> | undefined;
  /** What an operator has asked for while the files are read. */
  let asked: Promise<void> | undefined;

  function age(): void {
    const nowMs = clock.nowMs();
    const stage = stageOf(life, nowMs);
    if (stage !== "fine" && (stage !== reported.stage || nowMs - reported.atMs >= DAY_MS)) {
      observer.aging(stage, life);
      reported = { stage, atMs: nowMs };
    }
  }
  function refuse(reason: unknown, what: string, isAsked: boolean): void {
    const known = refused?.what === what ? refused : undefined;
    const reports = isAsked || known?.isReported === false;
    refused = { what, isReported: reports || known?.isReported === true };
    if (reports) {
      observer.refused(reason);
    }
  }
  function use(files: TlsFiles): void {
    install(files);
    installed = files;
    life = readCertificateLife(files.cert);
    reported = { stage: "fine", atMs: 0 };
    observer.used(life, false);
  }
  async function lookNow(isAsked: boolean): Promise<void> {
    let what = "";
    try {
      const files = await read();
      what = files.cert + files.key;
      if (what !== installed.cert + installed.key) {
        use(files);
      }
      refused = undefined;
    } catch (error) {
      refuse(error, what, isAsked);
    }
    age();
  }
  const begin = (isAsked: boolean): Promise<void> => {
    looking = lookNow(isAsked).finally(() => {
      looking = undefined;
    });
    return looking;
  };
  /** The operator may have changed the files after they were read. */
  const lookAgain = async (underWay: Promise<void>): Promise<void> => {
    await underWay;
    asked = undefined;
    await begin(true);
  };
  /** One at a time: a read that hangs, as on a network drive, is waited for by no more than one other. */
  const look = (): Promise<void> => {
    if (looking === undefined) {
      return begin(true);
    }
    asked ??= lookAgain(looking);
    return asked;
  };
  const poll = (): void => {
    if (looking === undefined) {
      void begin(false);
    } else {
      age(); // the files may never be read, and the certificate in use expires all the same
    }
  };
  observer.used(life, true);
  age();
  const stop = repeat(clock, poll, EVERY_MS);
  return { look, close: stop };
}
