'use client';
import { problemText } from './problemText.ts';

/**
 * Posts a JSON body to Banyan's own API.
 * @throws Error with what Banyan said, in words, if it refused
 */
export async function postJson<T>(url: string, body: unknown): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await problemText(response));
  const answer: T = await response.json();
  return answer;
}
