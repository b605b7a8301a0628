/** What a user types into the forms of `oidc-provider`, whose own pages take any name. */
const TYPED: Readonly<Record<string, string>> = { login: "user", password: "anything" };

/** More pages than a sign-in has. */
const MAX_STEPS = 20;

/**
 * Sign in on the pages of `oidc-provider` without a browser: submit the form of each page, and follow where that leads.
 *
 * @param start the first page
 * @param isEnd says whether an address is no page of the provider any more. Default: none is
 * @returns the address at which no page with a form comes
 */
export async function submitForms(
  start: string,
  isEnd: (url: string) => boolean = () => false,
): Promise<string> {
  const cookies = new Map<string, string>();
  let url = start;
  let body: URLSearchParams | undefined;
  for (let step = 0; step < MAX_STEPS && !isEnd(url); step += 1) {
    const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
    const method = body === undefined ? "GET" : "POST";
    const response = await fetch(url, {
      method,
      body: body ?? null,
      headers: { cookie },
      redirect: "manual",
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    const form = location === null ? parseForm(await response.text()) : undefined;
    if (location === null && form === undefined) {
      return url;
    }
    url = new URL(location ?? form?.action ?? "", url).href;
    body = form?.fields;
  }
  return url;
}

function parseForm(html: string) {
  const [, action, inside = ""] = /<form[^>]*\saction="([^"]*)"[^>]*>([\s\S]*?)<\/form>/.exec(html) ?? [];
  if (action === undefined) {
    return undefined;
  }
  const fields = new URLSearchParams();
  for (const [input] of inside.matchAll(/<input[^>]*>/g)) {
    const attribute = (name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(input)?.[1];
    const name = attribute("name");
    if (name !== undefined) {
      fields.set(name, TYPED[name] ?? attribute("value") ?? "");
    }
  }
  return { action, fields };
}
