// The npm library `oidc-provider`, a certified OpenID provider, set up as a FranceConnect-v2-like service is: code flow
// alone, ES256, pairwise subjects, signed UserInfo, `eidas1`, a code of thirty seconds, logout by the relying party.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";
import { ends, heard, say } from "./wire.mjs";

const { client, person, prefix, acr } = await heard();
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const jwk = { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "ES256", kid: "up-1" };
const identity = ["given_name", "family_name", "gender", "birthdate", "birthplace", "birthcountry"];
const seen = { tokens: 0, userinfo: 0, ended: 0, authentication: [] };

const configuration = {
  jwks: { keys: [jwk] },
  clients: [
    {
      ...client,
      response_types: ["code"],
      grant_types: ["authorization_code"],
      subject_type: "pairwise",
      id_token_signed_response_alg: "ES256",
      userinfo_signed_response_alg: "ES256",
    },
  ],
  acrValues: [acr],
  scopes: ["openid", "profile", "birth", "identite_pivot", ...identity],
  claims: {
    openid: ["sub"],
    amr: null,
    identite_pivot: identity,
    profile: ["given_name", "family_name", "gender", "birthdate"],
    birth: ["birthplace", "birthcountry"],
    ...Object.fromEntries(identity.map((name) => [name, [name]])),
  },
  clientAuthMethods: ["client_secret_post", "private_key_jwt"],
  responseTypes: ["code"],
  subjectTypes: ["pairwise"],
  pairwiseIdentifier: (_ctx, accountId, { clientId }) => `pairwise-${accountId}-${clientId}`,
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...person }) }),
  // Our keys are on this machine, where the library calls nobody unless its own guard is left out.
  fetch: (address, { method, headers }) => fetch(address, { method, headers }),
  cookies: { keys: ["of the test alone"] },
  ttl: { AuthorizationCode: 30, Grant: 30, AccessToken: 60, IdToken: 60, Interaction: 1800, Session: 1800 },
  routes: {
    authorization: "/authorize",
    token: "/token",
    userinfo: "/userinfo",
    jwks: "/jwks",
    end_session: "/session/end",
    introspection: "/token/introspection",
    revocation: "/token/revocation",
  },
  interactions: { url: (_ctx, { uid }) => `${prefix}/interaction/${uid}` },
  features: {
    devInteractions: { enabled: false },
    jwtUserinfo: { enabled: true },
    claimsParameter: { enabled: true },
    requestObjects: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    pushedAuthorizationRequests: { enabled: false },
    resourceIndicators: { enabled: false },
    rpInitiatedLogout: {
      enabled: true,
      // Who came back here to leave has said so already: the form sends itself, or by its button.
      logoutSource: (ctx, form) => {
        ctx.body = page("Se déconnecter", `${form}<button form="op.logoutForm" name="logout" value="yes">Oui</button>`);
      },
    },
  },
};

const page = (title, body) =>
  `<!doctype html><html lang="fr"><head><title>${title}</title><link rel="icon" href="data:,"></head><body><h1>${title}</h1>${body}</body></html>`;

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}${prefix}`;
  const provider = new Provider(issuer, configuration);
  provider.on("grant.success", ({ oidc }) => {
    seen.tokens += 1;
    seen.authentication.push(oidc.client.clientAuthMethod);
  });
  provider.on("end_session.success", () => (seen.ended += 1));
  provider.on("server_error", (_ctx, error) => process.stderr.write(`${error.stack}\n`));
  for (const kind of ["authorization.error", "grant.error", "userinfo.error", "end_session.error"]) {
    provider.on(kind, (_ctx, error) => process.stderr.write(`${kind}: ${error.error_detail ?? error.error_description ?? error.message}\n`));
  }
  const oidc = provider.callback();
  server.on("request", async (req, res) => {
    req.originalUrl = req.url;
    req.url = req.url.slice(prefix.length) || "/";
    if (req.url.startsWith("/userinfo")) seen.userinfo += 1;
    if (!req.url.startsWith("/interaction/")) return oidc(req, res);
    req.url = req.originalUrl;
    if (req.method === "GET") {
      res.setHeader("Content-Type", "text/html; charset=utf-8");
      return res.end(
        page("Fournisseur", '<form method="post"><button name="go" value="yes">Je suis Alice</button><button name="go" value="no">Annuler</button></form>'),
      );
    }
    const { params, prompt } = await provider.interactionDetails(req, res);
    let body = "";
    for await (const part of req) body += part;
    if (body !== "go=yes") {
      return provider.interactionFinished(req, res, { error: "access_denied", error_description: "User left" });
    }
    const grant = new provider.Grant({ accountId: "alice", clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    const login = { accountId: "alice", acr, amr: ["pwd"] };
    const result = { login, consent: { grantId: await grant.save() } };
    await provider.interactionFinished(req, res, prompt.name === "login" ? result : { consent: result.consent });
  });
  say({ issuer });
});

await heard();
ends(seen);
