/** A browser of a user at the provider's pages: it keeps cookies, and sends in the forms. */
export interface ProviderBrowser {
  /** Follow the redirects from a URL, sign in and consent where a page asks for it. @returns the code at the end */
  signIn(start: string): Promise<string>;
  /** Sign out at the provider, from all of its clients. */
  signOut(issuer: string): Promise<void>;
}

/** Open a browser. @param login the name that the user signs in with */
export function openProviderBrowser(login: string): ProviderBrowser {
  const cookies = new Map<string, string>();

  async function visit(
    url: URL,
    init: RequestInit = {},
  ): Promise<{ readonly response: Response; readonly page: string }> {
    const headers = { cookie: [...cookies.values()].join("; ") };
    const response = await fetch(url, { redirect: "manual", headers, ...init });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";");
      cookies.set(pair.split("=")[0] ?? "", pair);
    }
    return { response, page: await response.text() };
  }

  /** The development pages ask for a name and a password, and then for consent. */
  async function formOf(url: URL): Promise<Record<string, string>> {
    const { page } = await visit(url);
    return page.includes('name="login"')
      ? { prompt: "login", login, password: "any" }
      : { prompt: "consent" };
  }

  return {
    async signIn(start) {
      let url = new URL(start);
      for (let step = 0; step < 12; step += 1) {
        const isPage = url.pathname.startsWith("/interaction/");
        const form = isPage ? { method: "POST", body: new URLSearchParams(await formOf(url)) } : {};
        const { response } = await visit(url, form);
        url = new URL(response.headers.get("location") ?? url, url);
        const code = url.searchParams.get("code");
        if (code !== null) {
          return code;
        }
      }
      throw new Error("the pages of the provider did not lead to a code");
    },
    async signOut(issuer) {
      const { page } = await visit(new URL(`${issuer}/session/end`));
      const [, xsrf = ""] = /name="xsrf" value="([^"]+)"/.exec(page) ?? [];
      const { response } = await visit(new URL(`${issuer}/session/end/confirm`), {
        method: "POST",
        body: new URLSearchParams({ xsrf, logout: "yes" }),
      });
      if (response.status !== 303) {
        throw new Error(`the provider did not sign the user out: ${response.status}`);
      }
    },
  };
}
