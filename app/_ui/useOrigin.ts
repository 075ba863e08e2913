'use client';
import { useAlive } from './useAlive.ts';

/** The address at which the reader sees Banyan; a placeholder until the page is alive. */
export function useOrigin(): string {
  return useAlive() ? window.location.origin : 'http://localhost:3000';
}
