import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** May read every table, now and later, and nothing else. */
export const READ_ONLY = (role: string): string =>
  `grant usage on schema public to ${role}; grant select on all tables in schema public to ${role};
   alter default privileges in schema public grant select on tables to ${role}`;

/** May write every table of the schema. */
export const READ_WRITE = (role: string): string =>
  `grant usage on schema public to ${role}; grant select, insert, update, delete on all tables in schema public to ${role}`;

/** The same database as seen by a new role with these grants. */
export async function urlOfNewRole(url: string, grants: (role: string) => string): Promise<string> {
  const role = `role_${randomBytes(4).toString('hex')}`;
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(`create role ${role} login password 'secret'`);
    await client.query(grants(role));
  } finally {
    await client.end();
  }
  const own = new URL(url);
  own.username = role;
  own.password = 'secret';
  return own.href;
}
