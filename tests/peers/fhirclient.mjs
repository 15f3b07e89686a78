// The npm library `fhirclient`, as the server of a SMART app would use it: from the FHIR base to a read of the patient.
import https from "node:https";
import { readFileSync } from "node:fs";
import smart from "fhirclient";
import { ends, heard, say } from "./wire.mjs";

const { iss, redirect_uri, scope, front, client } = await heard();

// The library fetches by Node's own agent: this one finds the front by its name and checks its certificate.
class Passage extends https.Agent {
  createConnection(options, done) {
    return super.createConnection({ ...options, host: "127.0.0.1", port: front.port, servername: options.host }, done);
  }
}
https.globalAgent = new Passage({ ca: readFileSync(front.authority) });

const session = {};
const asked = (url) => ({ url, headers: { host: new URL(redirect_uri).host }, socket: { encrypted: true }, session });
const response = { writeHead: (_status, headers) => say({ authorize: headers.location }), end: () => {} };
await smart(asked("/launch"), response).authorize({ iss, scope, redirectUri: redirect_uri, pkceMode: "required", ...client });

const { pathname, search } = new URL((await heard()).callback);
const ready = await smart(asked(pathname + search), response).ready();
const read = async () => ({
  patient: await ready.patient.read(),
  user: await ready.user.read(),
  observations: await ready.patient.request("Observation?_count=1", { flat: true, pageLimit: 0 }),
});
const before = await read();
const first = ready.state.tokenResponse.access_token;
// It names a public client in a refresh only if told to, and signs none: an app that signs launches again instead.
ready.environment.options.refreshTokenWithClientId = !client.clientSecret;
if (!client.clientPrivateJwk) await ready.refresh();
const after = await read();
const refused = await ready.request("DocumentReference").catch((error) => error.status);
ends({
  before,
  after,
  refused,
  renewed: ready.state.tokenResponse.access_token !== first,
  granted: ready.state.tokenResponse.scope,
  user: ready.user.fhirUser,
  banner: ready.state.tokenResponse.need_patient_banner,
});
