import type pg from 'pg';

/** Runs work in one transaction of the store: committed when it returns, rolled back when it throws. */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const value = await work(client);
    await client.query('commit');
    client.release();
    return value;
  } catch (error) {
    // The outcome of a COMMIT that failed is unknown: the connection is not to be used again.
    client.release(true);
    throw error;
  }
}
