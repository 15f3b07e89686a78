// The npm library `openid-client` behind the TLS front: it registers itself, waits as an object without a browser does,
// and proves itself and binds its tokens by a certificate.
import * as oidc from "openid-client";
import { ends, heard, say, through } from "./wire.mjs";

const { issuer, initial, device, scope, certified, front } = await heard();
const over = (reach) => ({ [oidc.customFetch]: through(reach) });
const open = over({ ...front, certificate: undefined });

const asked = { client_name: "Balance", redirect_uris: ["https://balance.example/callback"], scope: "openid profile" };
const made = await oidc.dynamicClientRegistration(new URL(issuer), asked, undefined, { ...open, initialAccessToken: initial });
const registered = made.clientMetadata();

const scale = await oidc.discovery(new URL(issuer), device, undefined, oidc.None(), open);
const codes = await oidc.initiateDeviceAuthorization(scale, { scope });
say({ verification: codes.verification_uri_complete, user_code: codes.user_code });
await heard();
const tokens = await oidc.pollDeviceAuthorizationGrant(scale, { ...codes, interval: 1 });
const claims = tokens.claims();
const userinfo = await oidc.fetchUserInfo(scale, tokens.access_token, claims.sub);

const metadata = { use_mtls_endpoint_aliases: true, tls_client_certificate_bound_access_tokens: true };
const bound = await oidc.discovery(new URL(issuer), certified, metadata, oidc.TlsClientAuth(), over(front));
const own = await oidc.clientCredentialsGrant(bound, {});
const introspected = await oidc.tokenIntrospection(bound, own.access_token);
await oidc.tokenRevocation(bound, own.access_token);
const revoked = await oidc.tokenIntrospection(bound, own.access_token);
const bare = await oidc.discovery(new URL(issuer), certified, metadata, oidc.TlsClientAuth(), open);
const refusal = await oidc.clientCredentialsGrant(bare, {}).catch((error) => error.error);
ends({ registered, granted: tokens.scope, claims, userinfo, introspected, revoked, refusal });
