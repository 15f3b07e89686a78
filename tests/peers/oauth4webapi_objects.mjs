// The npm library `oauth4webapi` behind the TLS front: it registers itself and pairs as what it registered, waits as an
// object without a browser does, and proves itself and binds its tokens by a certificate.
import * as oauth from "oauth4webapi";
import { ends, heard, say, through } from "./wire.mjs";

const { issuer, initial, device, scope, certified, front } = await heard();
const over = (reach) => ({ [oauth.customFetch]: through(reach) });
const [open, showing] = [over({ ...front, certificate: undefined }), over(front)];
const server = new URL(issuer);
const as = await oauth.processDiscoveryResponse(server, await oauth.discoveryRequest(server, open));

const wish = { client_name: "Balance", redirect_uris: ["https://balance.example/callback"], scope: "openid profile" };
const asking = await oauth.dynamicClientRegistrationRequest(as, wish, { ...open, initialAccessToken: initial });
const registered = await oauth.processDynamicClientRegistrationResponse(asking);
const secret = oauth.ClientSecretBasic(registered.client_secret);
const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const address = new URL(as.authorization_endpoint);
address.search = new URLSearchParams({
  client_id: registered.client_id,
  redirect_uri: wish.redirect_uris[0],
  response_type: "code",
  scope: wish.scope,
  state,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
});
say({ authorize: address });
const { callback } = await heard();
const params = oauth.validateAuthResponse(as, registered, new URL(callback), state);
const first = await oauth.processAuthorizationCodeResponse(
  as, registered,
  await oauth.authorizationCodeGrantRequest(as, registered, secret, params, wish.redirect_uris[0], verifier, open),
);
const claims = oauth.getValidatedIdTokenClaims(first);
const userinfo = await oauth.processUserInfoResponse(
  as, registered, claims.sub, await oauth.userInfoRequest(as, registered, first.access_token, open),
);

const scale = { client_id: device };
const waiting = await oauth.deviceAuthorizationRequest(as, scale, oauth.None(), { scope }, open);
const codes = await oauth.processDeviceAuthorizationResponse(as, scale, waiting);
const asks = () => oauth.deviceCodeGrantRequest(as, scale, oauth.None(), codes.device_code, open);
const pending = await oauth.processDeviceCodeResponse(as, scale, await asks()).catch((error) => error.error);
say({ verification: codes.verification_uri_complete });
await heard();
const tokens = await oauth.processDeviceCodeResponse(as, scale, await asks());

const bound = { client_id: certified, use_mtls_endpoint_aliases: true };
const shown = oauth.TlsClientAuth();
const own = async (reach) =>
  oauth.processClientCredentialsResponse(as, bound, await oauth.clientCredentialsGrantRequest(as, bound, shown, {}, reach));
const { access_token } = await own(showing);
const introspect = async () =>
  oauth.processIntrospectionResponse(as, bound, await oauth.introspectionRequest(as, bound, shown, access_token, showing));
const introspected = await introspect();
await oauth.processRevocationResponse(await oauth.revocationRequest(as, bound, shown, access_token, showing));
const revoked = await introspect();
const refusal = await own(open).catch((error) => error.error);
ends({ registered, claims, userinfo, pending, granted: tokens.scope, introspected, revoked, refusal });
