/** What a refused request was told: the problem's sentence and its fix, or the status alone. */
export async function problemText(response: Response): Promise<string> {
  try {
    const body: unknown = await response.json();
    if (typeof body === 'object' && body !== null && 'detail' in body && typeof body.detail === 'string') {
      return 'fix' in body && typeof body.fix === 'string' ? `${body.detail}; ${body.fix}` : body.detail;
    }
  } catch {
    // Not a problem document: the status alone says what is known.
  }
  return `Banyan answered ${response.status}`;
}
