import { createRateLimit, type RateLimit } from "../../server/gate/src/index.ts";
import type { Clock } from "../../server/gate/src/kernel/clock.ts";
import { SILENT_BUS } from "../../server/gate/src/kernel/message-bus.ts";
import { createAccountLimiter } from "../../server/issuer/src/credentials/account-limiter.ts";
import {
  createCallerRecognition,
  type SignInOrigin,
} from "../../server/issuer/src/credentials/caller-recognition.ts";
import { createKnownDevices, type KnownDevices } from "../../server/issuer/src/credentials/known-devices.ts";
import { createOwedAttempts } from "../../server/issuer/src/credentials/owed-attempts.ts";
import type { Passwords } from "../../server/issuer/src/credentials/password.ts";
import {
  createPasswordSignIn,
  type PasswordSignIn,
} from "../../server/issuer/src/credentials/password-sign-in.ts";
import { createSharedSignInLimiter } from "../../server/issuer/src/credentials/shared-sign-in-limiter.ts";
import { createSealedMessages } from "../../server/issuer/src/renewal/sealed-messages.ts";
import { createSessionIdReader } from "../../server/issuer/src/sessions/refresh-token.ts";
import type { AccountWithPassword } from "../../server/issuer/src/store/accounts.ts";
import type { Store } from "../../server/issuer/src/store/database.ts";
import { testPasswords } from "./sign-ins.ts";

/** What passwords are checked on. */
export interface PasswordServerOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Default: weak ones, and so quick. */
  readonly passwords?: Passwords;
  /** How many attempts an address has in a minute. Default: as many as it likes. */
  readonly perMinute?: number;
}

/** One server of a store that checks passwords. */
export interface PasswordServer {
  readonly devices: KnownDevices;
  readonly attempts: RateLimit;
  readonly passwordSignIn: PasswordSignIn;
  /** Try a password. Default of `origin`: a caller whose address is not known. */
  signIn(
    input: { readonly username: string; readonly password: string },
    origin?: SignInOrigin,
  ): Promise<AccountWithPassword>;
}

/** Put together what checks passwords, as an issuer does. */
export function createPasswordServer(options: PasswordServerOptions): PasswordServer {
  const { store, clock, passwords = testPasswords, perMinute = Number.POSITIVE_INFINITY } = options;
  const secret = new Uint8Array(32).fill(7);
  const devices = createKnownDevices({ issuer: "https://issuer.example", secret, clock });
  const sealer = createSealedMessages({ secret, clock });
  const attempts = createRateLimit({ limit: perMinute, windowMs: 60_000, clock, message: "too many" });
  const sessionIdOf = createSessionIdReader(secret);
  const passwordSignIn = createPasswordSignIn({
    store,
    passwords,
    recognize: createCallerRecognition({ store, clock, sessionIdOf, devices, attempts }),
    limiter: createAccountLimiter({
      failures: createSharedSignInLimiter({ store, clock }),
      owed: createOwedAttempts({ clock, bus: SILENT_BUS, sealer }, new AsyncDisposableStack()),
    }),
  });
  return {
    devices,
    attempts,
    passwordSignIn,
    signIn: ({ username, password }, origin = { peer: "" }) => passwordSignIn({ username, password, origin }),
  };
}
