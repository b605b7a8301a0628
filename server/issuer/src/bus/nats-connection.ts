import { AuthError } from "@countersign/server";
import { systemClock } from "@countersign/server/internal";
import type { NodeConnectionOptions } from "@nats-io/transport-node";
import { type NatsSecret, type ResolvedNatsOptions, readNatsSecret } from "./nats-options.ts";

/** The package that speaks to NATS, which may be missing. */
export type NatsPackage = typeof import("@nats-io/transport-node");

/** A connection to a NATS server, for as long as it lasts. */
export interface NatsConnection {
  /** Publish a message. It resolves when the server has it. @throws AuthError `AUTH_UNAVAILABLE` */
  publish(channel: string, message: string): Promise<void>;
  /** Subscribe to a channel. @returns what ends that */
  subscribe(channel: string): () => void;
  /** Look up whether a process subscribes to a channel; undefined: the server does not say. */
  hasSubscriber(channel: string): Promise<boolean | undefined>;
  /** Resolves when the server has all that was asked of it before. */
  flush(): Promise<void>;
  /** Resolves when the connection is over, with why. */
  readonly ended: Promise<unknown>;
  /** End it. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 5_000;

/** How long a subscriber has to say that it is there, in milliseconds. */
const PRESENCE_TIMEOUT_MS = 1_000;

/** How often a server is asked whether it is there, in milliseconds; the second time that it does not answer, it is not. */
const PING_MS = 10_000;
const MAX_PINGS = 2;

/** Messages that the server has not confirmed. Strangers can cause more, and a bus may lose messages. */
const MAX_UNCONFIRMED = 5_000;

/**
 * Open a connection. It is not opened again by itself: a message that NATS would keep for later is worth nothing then.
 *
 * @param onMessage receives each message with its channel
 * @throws Error when no server can be had
 */
export async function openNatsConnection(
  nats: NatsPackage,
  options: ResolvedNatsOptions,
  onMessage: (channel: string, message: string) => void,
): Promise<NatsConnection> {
  const { subject, onError } = options;
  const connection = await nats.connect(toConnectionOptions(nats, options));
  const ended: Promise<unknown> = connection.closed();
  const over = ended.then(() => {
    throw unavailable();
  });
  over.catch(() => undefined); // only those who wait for an answer need it
  void reportErrors(connection.status(), onError);
  let unconfirmed = 0;
  let sent: Promise<unknown> = Promise.resolve();
  let next: Promise<void> | undefined;
  const confirm = async (): Promise<void> => {
    await sent.catch(() => undefined);
    next = undefined;
    // A connection that ends forgets to answer.
    const answered = Promise.race([connection.flush(), over]);
    sent = answered;
    await within(answered);
  };
  /** Those that come while one is on its way are confirmed together. */
  const flush = (): Promise<void> => {
    next ??= confirm();
    return next;
  };
  return {
    flush,
    ended,
    close: () => connection.close(),
    async publish(channel, message) {
      if (connection.isClosed() || unconfirmed >= MAX_UNCONFIRMED) {
        throw unavailable();
      }
      unconfirmed += 1;
      try {
        connection.publish(`${subject}.${channel}`, message);
        await flush();
      } catch (cause) {
        throw unavailable(cause);
      } finally {
        unconfirmed -= 1;
      }
    },
    subscribe(channel) {
      const callback: SubscriptionCallback = (error, message) => {
        if (error !== null) {
          onError(error);
        } else if (!message.respond()) {
          onMessage(channel, message.string());
        }
      };
      const subscription = connection.subscribe(`${subject}.${channel}`, { callback });
      return () => subscription.unsubscribe();
    },
    async hasSubscriber(channel) {
      try {
        // A message that wants a response asks for nothing else.
        await connection.request(`${subject}.${channel}`, "", { timeout: PRESENCE_TIMEOUT_MS });
        return true;
      } catch (error) {
        return error instanceof nats.RequestError && error.isNoResponders() ? false : undefined;
      }
    },
  };
}

type Connection = Awaited<ReturnType<NatsPackage["connect"]>>;
type SubscriptionCallback = NonNullable<NonNullable<Parameters<Connection["subscribe"]>[1]>["callback"]>;

function toConnectionOptions(
  nats: NatsPackage,
  { servers, credentials, tls, subject }: ResolvedNatsOptions,
): NodeConnectionOptions {
  const secret = credentials === undefined ? undefined : readNatsSecret(credentials);
  return {
    servers: [...servers],
    name: "countersign",
    reconnect: false,
    timeout: TIMEOUT_MS,
    pingInterval: PING_MS,
    maxPingOut: MAX_PINGS,
    inboxPrefix: `${subject}.inbox`,
    ...(tls === undefined ? {} : { tls: withoutAbsent(tls) }),
    ...(secret === undefined ? {} : toAuthentication(nats, secret)),
  };
}

function toAuthentication(
  nats: NatsPackage,
  secret: NatsSecret,
): Pick<NodeConnectionOptions, "authenticator" | "pass" | "user"> {
  if ("user" in secret) {
    return { user: secret.user, pass: secret.password };
  }
  return {
    authenticator:
      "seed" in secret ? nats.nkeyAuthenticator(secret.seed) : nats.credsAuthenticator(secret.creds),
  };
}

function withoutAbsent<T extends object>(options: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], undefined> }; // the same without some
}

async function reportErrors(
  statuses: ReturnType<Connection["status"]>,
  onError: (error: unknown) => void,
): Promise<void> {
  for await (const status of statuses) {
    if (status.type === "error") {
      onError(status.error);
    }
  }
}

/** Wait no longer for a server than it may take. */
async function within(answered: Promise<unknown>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const cancel = systemClock.schedule(() => reject(unavailable()), TIMEOUT_MS);
  try {
    await Promise.race([answered, promise]);
  } finally {
    cancel();
  }
}

function unavailable(cause?: unknown): AuthError {
  return new AuthError("AUTH_UNAVAILABLE", "the other servers cannot be reached just now", { cause });
}
