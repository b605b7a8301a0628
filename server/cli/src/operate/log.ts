import { traceFields } from "@countersign/server/opentelemetry";
import { type Logger, pino } from "pino";

/** How much is logged. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Where secrets may stand in what is logged: whatever they hold is replaced. */
const SECRET_PATHS = [
  "authorization",
  "cookie",
  "password",
  "token",
  "access_token",
  "refresh_token",
  "accessToken",
  "refreshToken",
  "client_secret",
  "clientSecret",
  "assertion",
  "secret",
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `headers["set-${name}"]`]);

/** Anything of the form of a compact JWS, of one of our refresh tokens, or of a client's secret, wherever in a text it stands. */
const SECRET_TEXT = /eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|cs[rs]_[A-Za-z0-9_-]+/g;

/**
 * Create the log of the server: one JSON object a line, on standard error, with secrets replaced and
 * the trace that it belongs to.
 *
 * @param level what is logged at the least
 * @param write takes each line
 */
export function createLog(level: LogLevel, write: (line: string) => void): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: traceFields,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: "[redacted]" },
      serializers: { err: pino.stdSerializers.errWithCause },
    },
    { write: (line: string) => write(line.replace(SECRET_TEXT, "[redacted]")) },
  );
}
