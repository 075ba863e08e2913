/** A log position as PostgreSQL writes it: 0/1A2F88. */
export function lsnText(lsn: bigint): string {
  const hex = (value: bigint) => value.toString(16).toUpperCase();
  return `${hex(lsn >> 32n)}/${hex(lsn & 0xffffffffn)}`;
}
