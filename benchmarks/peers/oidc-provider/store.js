// The durable store of the peer: one table, one named (hence prepared) statement per verb, each committed on its own.
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.BENCH_DATABASE_URL, max: 8 });

const TABLE = `
CREATE TABLE IF NOT EXISTS oidc_model (
  model text NOT NULL,
  id text NOT NULL,
  payload text NOT NULL,
  grant_id text,
  uid text,
  user_code text,
  expires_at timestamptz,
  consumed_at bigint,
  PRIMARY KEY (model, id)
);
CREATE INDEX IF NOT EXISTS oidc_model_grant ON oidc_model (grant_id) WHERE grant_id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS oidc_model_uid ON oidc_model (model, uid) WHERE uid IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS oidc_model_user_code ON oidc_model (model, user_code) WHERE user_code IS NOT NULL;
`;

const COLUMNS = 'payload, consumed_at';
const LIVE = '(expires_at IS NULL OR expires_at > now())';

const STATEMENTS = {
  upsert: `INSERT INTO oidc_model (model, id, payload, grant_id, uid, user_code, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (model, id) DO UPDATE SET payload = EXCLUDED.payload, grant_id = EXCLUDED.grant_id,
      uid = EXCLUDED.uid, user_code = EXCLUDED.user_code, expires_at = EXCLUDED.expires_at`,
  find: `SELECT ${COLUMNS} FROM oidc_model WHERE model = $1 AND id = $2 AND ${LIVE}`,
  findByUid: `SELECT ${COLUMNS} FROM oidc_model WHERE model = $1 AND uid = $2 AND ${LIVE}`,
  findByUserCode: `SELECT ${COLUMNS} FROM oidc_model WHERE model = $1 AND user_code = $2 AND ${LIVE}`,
  consume: 'UPDATE oidc_model SET consumed_at = $3 WHERE model = $1 AND id = $2',
  destroy: 'DELETE FROM oidc_model WHERE model = $1 AND id = $2',
  revokeByGrantId: 'DELETE FROM oidc_model WHERE grant_id = $1',
};

const run = (name, values) => pool.query({ name, text: STATEMENTS[name], values });

function stored(result) {
  const row = result.rows[0];
  if (!row) return undefined;
  const payload = JSON.parse(row.payload);
  if (row.consumed_at) payload.consumed = Number(row.consumed_at);
  return payload;
}

export const prepareTable = () => pool.query(TABLE);

export class Store {
  constructor(model) { this.model = model; }

  async upsert(id, payload, expiresIn) {
    const end = typeof expiresIn === 'number' ? new Date(Date.now() + expiresIn * 1000) : null;
    await run('upsert', [this.model, id, JSON.stringify(payload), payload.grantId ?? null,
      payload.uid ?? null, payload.userCode ?? null, end]);
  }

  async find(id) { return stored(await run('find', [this.model, id])); }

  async findByUid(uid) { return stored(await run('findByUid', [this.model, uid])); }

  async findByUserCode(code) { return stored(await run('findByUserCode', [this.model, code])); }

  async consume(id) { await run('consume', [this.model, id, Math.floor(Date.now() / 1000)]); }

  async destroy(id) { await run('destroy', [this.model, id]); }

  async revokeByGrantId(grantId) { await run('revokeByGrantId', [grantId]); }
}
