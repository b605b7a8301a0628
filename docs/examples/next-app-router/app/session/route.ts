import { isReason } from "@countersign/sdk";
import { openSession } from "../../session.ts";
import { textOf } from "../../text-of.ts";

/** Sign in or out: the answer brings the cookie, or takes it away. */
export async function POST(request: Request): Promise<Response> {
  if (!isFromHere(request.headers)) {
    return new Response("the form is of another site", { status: 403 });
  }
  const form = await request.formData();
  const { session, store } = openSession(request.headers);
  await session.ready;
  const failure =
    form.get("action") === "sign-out"
      ? await session.signOut().then(() => "")
      : await session
          .signIn({ username: textOf(form, "username"), password: textOf(form, "password") })
          .then(() => "", describe);
  await session[Symbol.asyncDispose]();
  const headers = new Headers({ location: `/?failure=${encodeURIComponent(failure)}` });
  const setCookie = store.setCookie();
  if (setCookie !== undefined) {
    headers.set("set-cookie", setCookie);
  }
  return new Response(null, { status: 303, headers });
}

/** A page of another site must not sign users in or out. */
function isFromHere(headers: Headers): boolean {
  const origin = headers.get("origin") ?? "";
  return URL.parse(origin)?.host === headers.get("host");
}

function describe(error: unknown): string {
  return isReason(error, "CREDENTIALS_INVALID") ? "Wrong name or password." : "Try again later.";
}
