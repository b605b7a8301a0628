import type { SessionSnapshot } from "@countersign/sdk/node";
import { isLoopback, systemClock } from "@countersign/server/internal";
import { ONLY_ACTION, type RunAction, type Terminal } from "../command.ts";
import { type CommandLine, namesOf } from "../config.ts";
import { formatTime, toJsonText } from "../table.ts";
import { CommandError, UsageError } from "../usage-error.ts";
import { choosePlace } from "./choose-place.ts";
import { endEarlier } from "./end-earlier.ts";
import { plainMessageOf, toSignInError } from "./failures.ts";
import type { LoginRecord } from "./login-record.ts";
import { findPlaces } from "./open-login.ts";
import { keepingAlive, openSession, type SessionPlace } from "./open-session.ts";
import { type NewLogin, withDeviceCode, withPassword } from "./sign-in.ts";

type Values = CommandLine["values"];

const login: RunAction = ({ argument, line: { values }, terminal }) =>
  keepingAlive(async () => {
    const server = readServer(argument);
    const places = findPlaces(terminal.env);
    const newLogin = await prepare(server, values, terminal).catch((cause: unknown) => {
      throw cause instanceof UsageError ? cause : toSignInError(cause, server);
    });
    const unplaced = { ...newLogin.record, signedInAtMs: systemClock.nowMs() };
    const wishes = { isPlain: values["no-keychain"] === true, warn: terminal.warn };
    const place = await choosePlace(places, unplaced, wishes);
    const record = { ...unplaced, isPlain: place.secret === undefined };
    const earlier = await places.logins.findSame(record);
    const snapshot = await begin(newLogin, record, place).catch(async (error: unknown) => {
      await place.giveUp();
      throw error;
    });
    await places.logins.save(record);
    await endEarlier(places, { earlier, record, warn: terminal.warn });
    await place.settle();
    const where =
      place.secret === undefined
        ? "in plain text that you alone can read"
        : `encrypted with a key of ${places.keychain?.title}`;
    terminal.print(
      values.json === true
        ? toJsonText(toFacts(record, place, snapshot))
        : `Signed in at ${server} as ${record.user}. The tokens are ${where}, in ${place.directory}`,
    );
  });

/** What `countersign login` does. */
export const loginActions = { [ONLY_ACTION]: login };

/** @throws UsageError when it is no URL that tokens can go to */
function readServer(text: string): string {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new UsageError(`${JSON.stringify(text)} is no URL, such as https://auth.example.com`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      "the URL has a name or a password in it: give --user NAME, and the password when it is asked for",
    );
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw new UsageError(`passwords and tokens would go to ${url.origin} in plain text: it must be https`);
  }
  return text;
}

async function prepare(server: string, values: Values, terminal: Terminal): Promise<NewLogin> {
  const { user, "client-id": clientId, resource: givenResource, audience: givenAudience } = values;
  const scopes = namesOf(values.scope);
  const resource = textOf(givenResource);
  const audience = textOf(givenAudience);
  if ((user === undefined) === (clientId === undefined)) {
    throw new UsageError(
      "give --user NAME to sign in at a Countersign server, or --client-id ID at an OpenID provider",
    );
  }
  if (typeof clientId === "string") {
    const asked = scopes.length === 0 ? DEFAULT_SCOPES : scopes;
    return withDeviceCode(server, { clientId, scopes: [...asked], resource, audience }, terminal);
  }
  if (audience !== undefined) {
    throw new UsageError("--audience goes with --client-id: a Countersign server has --resource");
  }
  return withPassword({ server, user: String(user), scopes, resource }, terminal);
}

/** What a login needs to last: a name of the user, and a refresh token. */
const DEFAULT_SCOPES: readonly string[] = ["openid", "offline_access"];

function textOf(value: Values[string]): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Begin the session of a login. @throws CommandError when the server refuses, or the tokens cannot be kept */
async function begin(newLogin: NewLogin, record: LoginRecord, place: SessionPlace): Promise<SessionSnapshot> {
  using open = openSession(record, place);
  const { session, failure } = open;
  try {
    await newLogin.begin(session);
  } catch (cause) {
    throw toSignInError(cause, record.server);
  }
  const snapshot = session.getSnapshot();
  if (snapshot.degraded) {
    const why = plainMessageOf(failure());
    await session.signOut();
    throw new CommandError(`the tokens cannot be kept in ${place.directory}: ${why}`);
  }
  return snapshot;
}

function toFacts(
  { server, user, provider }: LoginRecord,
  { directory, secret }: SessionPlace,
  { scopes, expiresAtMs }: SessionSnapshot,
): Readonly<Record<string, unknown>> {
  const clientId = provider?.clientId;
  const encrypted = secret !== undefined;
  return { server, user, clientId, scopes, expires: formatTime(expiresAtMs), directory, encrypted };
}
