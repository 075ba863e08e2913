// CSV for spreadsheets: RFC 4180 quoting, and no cell that a spreadsheet would run as a formula.

/** What a spreadsheet may take for the beginning of one: signs, in full width too, and blanks before them. */
const FORMULA = /^[=+\-@＝＋－＠\t\r\n]/;

/** Rows of cells as CSV text with CRLF ends. */
export function toCsv(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
