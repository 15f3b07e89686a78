// The npm library `oauth4webapi`, the strictest reader of answers there is, behind the TLS front as a client of FAPI 2.0
// Message Signing: a signed request is pushed, the answer is signed, each call proves its key with the server's nonce.
import * as oauth from "oauth4webapi";
import { ends, heard, say, through } from "./wire.mjs";

const { issuer, client_id, key, redirect_uri, scope, authority, front } = await heard();
const signer = await crypto.subtle.importKey("jwk", key, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const private_key = { key: signer, kid: key.kid };
const algs = { authorization_signed_response_alg: "ES256", introspection_signed_response_alg: "ES256" };
const client = { client_id, id_token_signed_response_alg: "PS256", ...algs };
const proof = oauth.PrivateKeyJwt(private_key);
const open = { [oauth.customFetch]: through(front) };
const server = new URL(issuer);
const as = await oauth.processDiscoveryResponse(server, await oauth.discoveryRequest(server, open));
const oauthDocument = await oauth.discoveryRequest(server, { ...open, algorithm: "oauth2" });
const same = await oauth.processDiscoveryResponse(server, oauthDocument);

let asked = 0;
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
const again = async (send, read) => {
  try {
    return await read(await send());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    asked += 1;
    return read(await send());
  }
};

const verifier = oauth.generateRandomCodeVerifier();
const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
const wishes = {
  response_type: "code",
  response_mode: "jwt",
  redirect_uri,
  scope,
  state,
  nonce,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
};
const begun = { [oauth.modifyAssertion]: (_header, claims) => Object.assign(claims, { nbf: claims.iat }) };
const object = await oauth.issueRequestObject(as, client, wishes, private_key, begun);
const { request_uri } = await again(
  () => oauth.pushedAuthorizationRequest(as, client, proof, { request: object }, { ...open, DPoP }),
  (answer) => oauth.processPushedAuthorizationResponse(as, client, answer),
);
const address = new URL(as.authorization_endpoint);
address.search = new URLSearchParams({ client_id, request_uri });
say({ authorize: address });

const { callback } = await heard();
const params = await oauth.validateJwtAuthResponse(as, client, new URL(callback), state, open);
const tokens = await again(
  () => oauth.authorizationCodeGrantRequest(as, client, proof, params, redirect_uri, verifier, { ...open, DPoP }),
  (answer) => oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, requireIdToken: true }),
);
const claims = oauth.getValidatedIdTokenClaims(tokens);
const userinfo = await again(
  () => oauth.userInfoRequest(as, client, tokens.access_token, { ...open, DPoP }),
  (answer) => oauth.processUserInfoResponse(as, client, claims.sub, answer),
);
const measures = new URL("/measures/fhir/Observation", issuer);
measures.search = new URLSearchParams({ code: "MED-969", "subject.identifier": `urn:oid:${authority}|${tokens.subject}` });
let headers;
const noted = { [oauth.customFetch]: (url, init) => ((headers = init.headers), through(front)(url, init)) };
const reach = { ...noted, DPoP };
const resource = await oauth.protectedResourceRequest(tokens.access_token, "GET", measures, undefined, undefined, reach);
// What a resource server of the partner's own would do with the same request: find out who issues its tokens, and check.
const own = new URL("/measures/fhir", issuer);
const about = await oauth.processResourceDiscoveryResponse(own, await oauth.resourceDiscoveryRequest(own, open));
const signed = await oauth.validateJwtAccessToken(as, new Request(measures, { headers }), issuer, open);
const refreshed = await again(
  () => oauth.refreshTokenGrantRequest(as, client, proof, tokens.refresh_token, { ...open, DPoP }),
  (answer) => oauth.processRefreshTokenResponse(as, client, answer),
);
const introspect = async (token) =>
  oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, proof, token, open));
const introspected = await introspect(refreshed.access_token);
await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, proof, refreshed.refresh_token, open));
const revoked = await introspect(refreshed.access_token);
ends({
  agrees: JSON.stringify(as) === JSON.stringify(same),
  callback: [...new URL(callback).searchParams.keys()],
  types: [tokens.token_type, refreshed.token_type],
  thumbprint: await DPoP.calculateThumbprint(),
  claims, userinfo, resource: resource.status, introspected, revoked, asked, signed, about,
});
