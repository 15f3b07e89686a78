// The npm library `openid-client` as a client of profile fapi2: pushed requests, signed assertions, DPoP with nonces.
//
// Spoken to like `openid_client.mjs`: a line of JSON in, where to send the browser out, where it came back to in.
import { createInterface } from "node:readline";
import * as oidc from "openid-client";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const heard = async () => JSON.parse((await lines.next()).value);
const say = (content) => process.stdout.write(JSON.stringify(content) + "\n");

const { issuer, client_id, key, redirect_uri, scope, dpop_alg } = await heard();
const signer = await crypto.subtle.importKey("jwk", key, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const metadata = { id_token_signed_response_alg: "PS256", use_mtls_endpoint_aliases: false };
const proof = oidc.PrivateKeyJwt({ key: signer, kid: key.kid });
const local = { execute: [oidc.allowInsecureRequests] };
const config = await oidc.discovery(new URL(issuer), client_id, metadata, proof, local);
const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(dpop_alg));

const verifier = oidc.randomPKCECodeVerifier();
const expected = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
const address = await oidc.buildAuthorizationUrlWithPAR(
  config,
  {
    redirect_uri,
    scope,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: expected.expectedState,
    nonce: expected.expectedNonce,
  },
  { DPoP },
);
say({ authorize: address });

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
say({
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
process.exit(0);
