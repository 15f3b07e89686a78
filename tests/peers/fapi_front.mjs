// The npm library `openid-client` behind the TLS front, as each kind of client that FAPI 2.0 knows: it proves itself by an
// assertion or a certificate, its tokens are bound to a key or to that certificate, with OpenID Connect or without it, with
// authorization_details or without, and where it `signs` (Message Signing) with a signed request and a signed answer.
import * as oidc from "openid-client";
import { ends, heard, say, through } from "./wire.mjs";

const { issuer, client_id, key, redirect_uri, scope, proves, bound, openid, details, signs, reads, front } = await heard();
const signer = await crypto.subtle.importKey("jwk", key, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const certified = bound === "mtls";
const metadata = {
  id_token_signed_response_alg: "PS256",
  authorization_signed_response_alg: "ES256",
  use_mtls_endpoint_aliases: proves === "mtls" || certified,
  tls_client_certificate_bound_access_tokens: certified,
};
const proof = proves === "mtls" ? oidc.TlsClientAuth() : oidc.PrivateKeyJwt({ key: signer, kid: key.kid });
const config = await oidc.discovery(new URL(issuer), client_id, metadata, proof, {
  [oidc.customFetch]: through(front),
  algorithm: openid ? "oidc" : "oauth2",
  execute: signs ? [oidc.useJwtResponseMode] : [],
});
const DPoP = certified ? undefined : oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair("ES256"));

const verifier = oidc.randomPKCECodeVerifier();
const expected = { pkceCodeVerifier: verifier, expectedState: oidc.randomState() };
if (openid) expected.expectedNonce = oidc.randomNonce();
let wishes = {
  redirect_uri,
  scope,
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state: expected.expectedState,
  ...(openid ? { nonce: expected.expectedNonce } : {}),
  ...(details ? { authorization_details: JSON.stringify(details) } : {}),
};
if (signs) {
  const later = { [oidc.modifyAssertion]: (_header, claims) => Object.assign(claims, { nbf: claims.iat }) };
  const signed = await oidc.buildAuthorizationUrlWithJAR(config, wishes, { key: signer, kid: key.kid }, later);
  wishes = signed.searchParams;
}
say({ authorize: (await oidc.buildAuthorizationUrlWithPAR(config, wishes, { DPoP })).href });

const { callback } = await heard();
const checks = { ...expected, idTokenExpected: openid };
const tokens = await oidc.authorizationCodeGrant(config, new URL(callback), checks, undefined, { DPoP });
const address = new URL(reads + tokens.subject);
if (certified) address.host = new URL(config.serverMetadata().mtls_endpoint_aliases.userinfo_endpoint).host;
const read = (token) =>
  oidc.fetchProtectedResource(config, token, address, "GET", undefined, undefined, { DPoP }).then((answer) => answer.status);
const claims = openid ? tokens.claims() : undefined;
const userinfo = openid ? await oidc.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP }) : undefined;
const bare = await fetchBare(address, tokens.access_token);
const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
const type = "urn:ietf:params:oauth:token-type:access_token";
const exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
const asked = { subject_token: refreshed.access_token, subject_token_type: type, scope: "measures.read" };
const smaller = await oidc.genericGrantRequest(config, exchange, asked, { DPoP });
const introspected = await oidc.tokenIntrospection(config, smaller.access_token);
const statuses = [await read(tokens.access_token), await read(refreshed.access_token), await read(smaller.access_token)];
await oidc.tokenRevocation(config, refreshed.refresh_token);
const refusal = await oidc.refreshTokenGrant(config, refreshed.refresh_token, undefined, { DPoP }).catch((e) => e.error);
ends({ tokens, refreshed, smaller, claims, userinfo, bare, statuses, introspected, refusal });

// Somebody who has the token alone, without the key or certificate.
async function fetchBare(url, token) {
  const open = through({ ...front, certificate: undefined });
  return (await open(url, { headers: { authorization: `Bearer ${token}` } })).status;
}
