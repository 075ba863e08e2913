'use client';
import { useSyncExternalStore } from 'react';

const never = () => () => undefined;

/** Whether the page is alive in the browser; what the server renders, and the first paint, are not. */
export function useAlive(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
