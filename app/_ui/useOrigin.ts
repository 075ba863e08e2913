'use client';
import { useSyncExternalStore } from 'react';

const never = () => () => undefined;

/** The address at which the reader sees Banyan; a placeholder until the page is alive. */
export function useOrigin(): string {
  return useSyncExternalStore(
    never,
    () => window.location.origin,
    () => 'http://localhost:3000',
  );
}
