import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BanyanError } from '../../errors.ts';

const EXAMPLE = fileURLToPath(new URL('../../../banyan.example.yaml', import.meta.url));

const GRANTS = `
Next:
1. In each database that Banyan compares, as its owner (PostgreSQL 14+):

   create role banyan_ro login password '<a password>' connection limit 8;   -- of one worker; 4 a role that reads
   grant connect on database <database> to banyan_ro;
   grant usage on schema public to banyan_ro;
   grant select on public.<table>, public.applied_offset to banyan_ro;
   grant pg_read_all_stats to banyan_ro;               -- sees the load and replicas that a comparison gives way to
   alter table public.<table> replica identity full;   -- the whole row in each change event

2. On Kafka, for the principal of Banyan: READ and DESCRIBE on the topics that the file names,
   READ on the group of kafka.groupId, DESCRIBE on the groups that apply the changes.

3. export MONOLITH_URL=... INVENTORY_URL=...; then: banyan check`;

/**
 * Writes a first configuration, with what may be left out as comments, and prints the grants that it needs.
 * @throws BanyanError `conflict` if the file is there already.
 */
export function initCommand({ output }: { output: string }): void {
  if (existsSync(output)) {
    throw new BanyanError('conflict', `${output} is there already; it was left as it is`, {
      fix: 'write elsewhere with --output, or delete it first',
    });
  }
  writeFileSync(output, readFileSync(EXAMPLE, 'utf8'));
  console.log(`Wrote ${output}: edit the topics, tables and sagas to your own.${GRANTS}`);
}
