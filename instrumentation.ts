/** Runs once when the web process starts. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { endWithParent } = await import('./lib/runtime/webLifecycle.ts');
    endWithParent();
  }
}
