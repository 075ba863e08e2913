import type { Pool, PoolClient } from 'pg';

/**
 * Runs `work` in one transaction. After any error the connection is destroyed, not returned to the pool: whether a
 * COMMIT that failed has happened is unknown, and only a new connection can tell.
 */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
