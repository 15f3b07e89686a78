// npm oidc-provider as a careful operator would run it: PostgreSQL, two processes, RS256, opaque tokens, rotation.
import cluster from 'node:cluster';
import { generateKeyPairSync } from 'node:crypto';

const port = Number(process.env.BENCH_PORT);
const clientSecret = process.env.BENCH_CLIENT_SECRET;

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return JSON.stringify({ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'bench' });
}

const configuration = (Store) => ({
  adapter: Store,
  jwks: { keys: [JSON.parse(process.env.BENCH_KEY)] },
  clients: [{
    client_id: 'bench',
    client_secret: clientSecret,
    redirect_uris: ['https://app.example.org/callback'],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'RS256',
  }],
  cookies: { keys: ['bench-cookie-key'] },
  claims: { openid: ['sub'], email: ['email'], profile: ['name'] },
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true, allowedPolicy: () => true },
  },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: (ctx, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: () => false,
  scopes: ['openid', 'offline_access', 'measures.read'],
  ttl: {
    AuthorizationCode: 60, AccessToken: 600, ClientCredentials: 600, IdToken: 600,
    RefreshToken: 2592000, Grant: 34214400, Interaction: 3600, Session: 43200,
  },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.org`, name: 'Alice' }),
  }),
});

if (cluster.isPrimary) {
  const { prepareTable } = await import('./store.js');
  await prepareTable();
  const env = { BENCH_KEY: signingKey() };
  for (let n = 0; n < Number(process.env.BENCH_PROCESSES ?? 2); n += 1) cluster.fork(env);
  cluster.on('exit', () => process.exit(1));
  process.on('SIGTERM', () => process.exit(0));
} else {
  const { Provider } = await import('oidc-provider');
  const { Store } = await import('./store.js');
  const provider = new Provider(`http://127.0.0.1:${port}`, configuration(Store));
  provider.listen(port, '127.0.0.1');
  process.on('SIGTERM', () => process.exit(0));
}
