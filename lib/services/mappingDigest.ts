import type { TableMapping } from '../core/migration/definition.ts';
import { sha256Hex } from './sha256Hex.ts';

/** Names what is compared: another table, column or comparison gives another digest; where positions are read does not. */
export function mappingDigest(mapping: TableMapping): string {
  const { applied: _applied, connector: _connector, heartbeat: _heartbeat, reverse: _reverse, ...compared } = mapping;
  return `sha256:${sha256Hex(JSON.stringify(compared))}`;
}
