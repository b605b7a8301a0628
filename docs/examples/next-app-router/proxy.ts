import { type NextRequest, NextResponse } from "next/server";
import { openSession } from "./session.ts";

/** Replace a token that is about to expire, before the page is rendered: pages cannot set cookies. */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  const { session, store } = openSession(request.headers);
  await session.ready;
  if (session.getSnapshot().status === "signed_in") {
    // Where the server cannot be reached, the page says so.
    await session.token({ minTtlMs: 2_000 }).catch(() => undefined);
  }
  await session[Symbol.asyncDispose]();
  const setCookie = store.setCookie();
  if (setCookie === undefined) {
    return NextResponse.next();
  }
  const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(setCookie) ?? [];
  // The page is rendered with the new cookie, and the browser gets it.
  request.cookies.set(name, value);
  const response = NextResponse.next({ request });
  response.headers.append("set-cookie", setCookie);
  return response;
}

export const config = { matcher: "/" };
