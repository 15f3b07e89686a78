// The npm library `openid-client`, as a partner's server would use it, from discovery to revocation.
import * as oidc from "openid-client";
import { ends, heard, say } from "./wire.mjs";

const { issuer, client_id, client_secret, redirect_uri, scope } = await heard();
const local = { execute: [oidc.allowInsecureRequests] };
const config = await oidc.discovery(new URL(issuer), client_id, client_secret, oidc.ClientSecretBasic(client_secret), local);

const verifier = oidc.randomPKCECodeVerifier();
const expected = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
say({
  authorize: oidc.buildAuthorizationUrl(config, {
    redirect_uri,
    scope,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: expected.expectedState,
    nonce: expected.expectedNonce,
  }),
});

const { callback } = await heard();
const tokens = await oidc.authorizationCodeGrant(config, new URL(callback), { ...expected, idTokenExpected: true });
const claims = tokens.claims();
const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
const introspected = await oidc.tokenIntrospection(config, refreshed.access_token);
await oidc.tokenRevocation(config, refreshed.refresh_token, { token_type_hint: "refresh_token" });
const revoked = await oidc.tokenIntrospection(config, refreshed.access_token);
const refusal = await oidc.refreshTokenGrant(config, refreshed.refresh_token).catch((error) => error.error);
ends({ claims, userinfo, refreshed: refreshed.claims() ?? null, introspected, revoked, refusal });
