'use client';
import { useState } from 'react';
import { Button } from './button.tsx';

interface CopyButtonProps {
  readonly text: string;
  readonly label?: string;
  /** What the text is for, where its label does not tell. */
  readonly title?: string;
}

/** Copies a text and says that it did. */
export function CopyButton({ text, label = 'Copy', title }: CopyButtonProps) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const words = { idle: label, copied: 'Copied', failed: 'Press Ctrl+C' }[state];
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      setState('failed');
    }
    setTimeout(() => setState('idle'), 2000);
  }
  return (
    <Button small onClick={copy} title={title} aria-label={state === 'idle' ? `${label}: ${text}` : words}>
      {words}
    </Button>
  );
}
