// A provider to try the example with, whose pages take any name and password. Yours takes its place.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const http = createServer();
http.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${http.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "notes-cli",
        application_type: "native",
        token_endpoint_auth_method: "none",
        grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    clientAuthMethods: ["none"],
    scopes: ["openid", "offline_access"],
    features: {
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: "notes:read notes:write",
          audience: resource,
          accessTokenFormat: "jwt",
        }),
      },
    },
  });
  http.on("request", provider.callback());
  console.log(issuer);
});
