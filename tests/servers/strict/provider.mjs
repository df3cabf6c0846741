// A strict provider of sign-ins: PKCE is enforced, and a refresh token that comes again ends its
// grant, or, with `lasting`, refresh tokens stay good. `node provider.mjs TOOLS rotating|lasting`
// prints its address. A person signs in and consents without being asked.

import { createRequire } from "node:module";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [tools, refreshTokens] = process.argv.slice(2);
const found = createRequire(`${tools}/oidc/`).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(found));

const seen = { refreshes: 0, revoked: 0, refused: [] };
const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "program",
      application_type: "native",
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      redirect_uris: ["http://127.0.0.1"],
    },
  ],
  pkce: { required: () => true },
  rotateRefreshToken: refreshTokens === "rotating",
  issueRefreshToken: () => true,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
});
provider.on("grant.success", (ctx) => {
  if (ctx.oidc.params.grant_type === "refresh_token") seen.refreshes += 1;
});
provider.on("grant.revoked", () => (seen.revoked += 1));
for (const event of ["grant.error", "authorization.error"]) {
  provider.on(event, (_, error) => seen.refused.push(error.error_description ?? error.message));
}

// Whoever comes to be asked signs in as Ann and consents.
async function consent(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: "ann", clientId: params.client_id });
  grant.addOIDCScope("openid");
  const result = { login: { accountId: "ann" }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result);
}

// A browser: follows an address with its cookies until it leaves the provider, which it does too.
async function browse(address) {
  const cookies = new Map();
  for (let next = address, hops = 0; hops < 20; hops += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = next.startsWith(issuer) ? { cookie } : {};
    const answer = await fetch(next, { redirect: "manual", headers }).catch(() => null);
    if (answer === null) return `nobody answers at ${next}`;
    for (const set of answer.headers.getSetCookie()) {
      const [name, value] = set.split(";")[0].split("=");
      cookies.set(name, value);
    }
    const to = answer.headers.get("location");
    if (to === null) return `${answer.status} ${await answer.text()}`;
    next = new URL(to, next).href;
  }
  return "it is sent on and on";
}

const oidc = provider.callback();
server.on("request", async (request, response) => {
  const { pathname } = new URL(request.url, issuer);
  if (pathname === "/seen") return response.end(JSON.stringify(seen));
  if (pathname === "/browse") return response.end(await browse((await request.toArray()).join("")));
  if (pathname.startsWith("/interaction/")) return consent(request, response);
  oidc(request, response);
});
console.log(`READY ${issuer}`);
// Whoever started it holds its input: it ends with them.
process.stdin.on("end", () => process.exit(0)).resume();
