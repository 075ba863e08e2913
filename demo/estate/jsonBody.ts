/** What somebody sent can't be acted on; the message says which part of it and why. */
export class BadInput extends Error {}

/** The body as an object. */
export function objectOf(body: unknown): Record<string, unknown> {
  if (body !== null && typeof body === 'object' && !Array.isArray(body))
    return Object.fromEntries(Object.entries(body));
  throw new BadInput('the body is no JSON object');
}

/** A whole number of the object. */
export function integerOf(object: Readonly<Record<string, unknown>>, name: string): number {
  const value = object[name];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new BadInput(`${name} is no whole number`);
}

/** A number of the object. */
export function numberOf(object: Readonly<Record<string, unknown>>, name: string): number {
  const value = object[name];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new BadInput(`${name} is no number`);
}

/** A text of the object. */
export function textOf(object: Readonly<Record<string, unknown>>, name: string): string {
  const value = object[name];
  if (typeof value === 'string') return value;
  throw new BadInput(`${name} is no text`);
}

/** A list of whole numbers; empty if it is not there. */
export function integersOf(object: Readonly<Record<string, unknown>>, name: string): number[] {
  const value = object[name] ?? [];
  if (Array.isArray(value) && value.every((item) => Number.isSafeInteger(item))) return value;
  throw new BadInput(`${name} is no list of whole numbers`);
}
