// The npm library `openid-client` as a client of profile fapi2: pushed requests, signed assertions, DPoP with nonces,
// and where it `signs` (FAPI 2.0 Message Signing) a signed request and a signed answer.
import * as oidc from "openid-client";
import { ends, heard, say } from "./wire.mjs";

const { issuer, client_id, key, redirect_uri, scope, dpop_alg, signs } = await heard();
const signer = await crypto.subtle.importKey("jwk", key, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const metadata = { id_token_signed_response_alg: "PS256", authorization_signed_response_alg: "ES256" };
const proof = oidc.PrivateKeyJwt({ key: signer, kid: key.kid });
const local = { execute: signs ? [oidc.allowInsecureRequests, oidc.useJwtResponseMode] : [oidc.allowInsecureRequests] };
const config = await oidc.discovery(new URL(issuer), client_id, metadata, proof, local);
const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(dpop_alg));

const verifier = oidc.randomPKCECodeVerifier();
const expected = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
let wishes = {
  redirect_uri,
  scope,
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state: expected.expectedState,
  nonce: expected.expectedNonce,
};
if (signs) {
  const later = { [oidc.modifyAssertion]: (_header, claims) => Object.assign(claims, { nbf: claims.iat }) };
  const signed = await oidc.buildAuthorizationUrlWithJAR(config, wishes, { key: signer, kid: key.kid }, later);
  wishes = signed.searchParams;
}
const address = await oidc.buildAuthorizationUrlWithPAR(config, wishes, { DPoP });
say({ authorize: address, pushed: [...new URLSearchParams(wishes).keys()] });

const { callback } = await heard();
const checks = { ...expected, idTokenExpected: true };
const tokens = await oidc.authorizationCodeGrant(config, new URL(callback), checks, undefined, { DPoP });
const claims = tokens.claims();
const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
const other = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(dpop_alg));
const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP: other });
const introspected = await oidc.tokenIntrospection(config, refreshed.access_token);
const own = await oidc.clientCredentialsGrant(config, {}, { DPoP });
const bearer = await fetch(config.serverMetadata().userinfo_endpoint, {
  headers: { authorization: `Bearer ${tokens.access_token}` },
});
await oidc.tokenRevocation(config, refreshed.refresh_token);
const refusal = await oidc.refreshTokenGrant(config, refreshed.refresh_token, undefined, { DPoP }).catch((e) => e.error);
ends({
  address: address.href,
  types: [tokens.token_type, refreshed.token_type, own.token_type],
  claims,
  userinfo,
  is_kept: refreshed.refresh_token === tokens.refresh_token,
  introspected,
  thumbprint: await other.calculateThumbprint(),
  bearer: bearer.status,
  refusal,
});
