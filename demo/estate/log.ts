/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One line on standard output. */
export function log(service: string, message: string): void {
  console.log(`${new Date().toISOString()} ${service}: ${message}`);
}
