declare module 'pg-copy-streams' {
  import type { Writable } from 'node:stream';
  import type { Submittable } from 'pg';

  /** COPY ... FROM STDIN as a stream: text in, ended by end(). */
  export function from(sql: string): Writable & Submittable;
}
