export type ArrayText = (string | null | ArrayText)[];

/** Parses PostgreSQL's text form of an array, such as `{a,"b,c",NULL,{x}}`. */
export function parseArrayText(text: string): ArrayText {
  const start = text.indexOf('{');
  return readArray(text, start + 1).items;
}

function readArray(text: string, from: number): { items: ArrayText; next: number } {
  const items: ArrayText = [];
  let position = from;
  while (position < text.length && text[position] !== '}') {
    if (text[position] === ',') position += 1;
    if (text[position] === '{') {
      const inner = readArray(text, position + 1);
      items.push(inner.items);
      position = inner.next;
    } else if (text[position] === '"') {
      const quoted = readQuoted(text, position + 1);
      items.push(quoted.value);
      position = quoted.next;
    } else {
      const end = endOfBare(text, position);
      const bare = text.slice(position, end);
      items.push(bare === 'NULL' ? null : bare);
      position = end;
    }
  }
  return { items, next: position + 1 };
}

function readQuoted(text: string, from: number): { value: string; next: number } {
  let value = '';
  for (let i = from; i < text.length; i++) {
    if (text[i] === '"') return { value, next: i + 1 };
    if (text[i] === '\\') i += 1;
    value += text[i] ?? '';
  }
  return { value, next: text.length };
}

function endOfBare(text: string, from: number): number {
  for (let i = from; i < text.length; i++) if (text[i] === ',' || text[i] === '}') return i;
  return text.length;
}
