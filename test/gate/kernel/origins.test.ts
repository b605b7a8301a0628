import { describe, expect, it } from "vitest";
import { assertOrigins } from "../../../server/gate/src/kernel/origins.ts";

describe("an origin", () => {
  it.each([
    "https://app.example",
    "https://app.example:8443",
    "http://localhost:5173",
    "http://[::1]:5173",
    "http://tauri.localhost",
    "tauri://localhost",
    "capacitor://localhost",
    "ionic://localhost",
    "app://.",
    "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai",
    "moz-extension://1b9d6bcd-bbfd-4b2d-9b5d-ab8dfb4f3d2a",
    "safari-web-extension://1B9D6BCD-BBFD-4B2D-9B5D-AB8DFB4F3D2A",
  ])("can be %s", (origin) => {
    expect(() => assertOrigins("allowedOrigins", [origin])).not.toThrow();
  });

  const noOrigins: readonly (readonly [unknown, string])[] = [
    ["*", '"*" has a *, and origins are compared as they are: list each of them'],
    [
      "https://*.app.example",
      '"https://*.app.example" has a *, and origins are compared as they are: list each of them',
    ],
    ["chrome-extension://*", '"chrome-extension://*" has a *, and origins'],
    ["null", '"null" is sent by every page without an origin'],
    ["", '"" is no origin such as https://app.example: it needs a scheme and a host'],
    ["app.example", '"app.example" is no origin such as https://app.example: it needs a scheme and a host'],
    ["localhost:5173", '"localhost:5173" is no origin'],
    ["file://", '"file://" is no origin'],
    ["data:text/html,x", '"data:text/html,x" is no origin'],
    ["ws://app.example", '"ws://app.example" has a scheme that no page has'],
    [
      "https://app.example/",
      '"https://app.example/" is more than an origin, which ends before the path: https://app.example',
    ],
    [
      "https://app.example/app?x#y",
      "is more than an origin, which ends before the path: https://app.example",
    ],
    ["capacitor://localhost/", "is more than an origin, which ends before the path: capacitor://localhost"],
    ["https://app.example?", "is more than an origin"],
    [
      "https://APP.example:443",
      '"https://APP.example:443" is not written as browsers send it, https://app.example',
    ],
    [" https://app.example", "is not written as browsers send it, https://app.example"],
    ["https://bücher.example", "is not written as browsers send it, https://xn--bcher-kva.example"],
    [undefined, 'an origin is text such as "https://app.example", not undefined'],
    [null, "not null"],
    [7, "not number"],
    [["https://app.example"], "not object"],
  ];
  it.each(noOrigins)("cannot be %j", (origin, says) => {
    const check = (): void => assertOrigins("allowedOrigins", [origin as string]);
    expect(check).toThrow(TypeError);
    expect(check).toThrow(/^allowedOrigins: /);
    expect(check).toThrow(says);
  });

  it("is one of a list: a text alone is not", () => {
    expect(() => assertOrigins("allowedOrigins", "https://app.example" as never)).toThrow(
      new TypeError('allowedOrigins must be a list of origins such as ["https://app.example"]'),
    );
  });

  it("is not repeated with what may be a password, nor at any length", () => {
    expect(() => assertOrigins("allowedOrigins", ["https://me:hush@app.example"])).toThrow(
      new TypeError(
        "allowedOrigins: the entry for app.example has a user name or a password, and an origin has neither",
      ),
    );
    const messageOf = (origin: string): string => {
      try {
        assertOrigins("allowedOrigins", [origin]);
        return "";
      } catch (error) {
        return String(error);
      }
    };
    expect(messageOf(`x${"y".repeat(100_000)}`).length).toBeLessThan(400);
  });
});
