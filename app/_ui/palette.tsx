'use client';
import { useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { useRouter } from 'next/navigation';
import { OPEN_HELP } from './paletteEvents.ts';
import { useViewState } from './viewState.ts';

interface Target {
  readonly name: string;
  readonly hint: string;
  readonly path: string;
}

const PAGES: readonly Target[] = [
  { name: 'Readiness', hint: 'page', path: '/' },
  { name: 'Consistency', hint: 'page', path: '/consistency' },
  { name: 'Setup', hint: 'page', path: '/setup' },
];

/** Any place by a few letters of its name. */
export function Palette({ onDone }: { onDone: () => void }) {
  const router = useRouter();
  const { hrefOf } = useViewState();
  const stages = useQuery({ queryKey: ['palette'], queryFn: readTargets, staleTime: 10_000 });
  function go(path: string) {
    onDone();
    router.push(hrefOf(path));
  }
  return (
    <Command label="Search" loop>
      <Command.Input
        autoFocus
        placeholder="Stage, table or page"
        className="w-full border-b border-line bg-transparent px-4 py-3 text-base outline-none placeholder:text-ink-3"
      />
      <Command.List className="max-h-[50vh] overflow-y-auto p-2">
        <Command.Empty className="px-3 py-6 text-sm text-ink-3">Nothing has that name.</Command.Empty>
        {[...PAGES, ...(stages.data ?? [])].map((target) => (
          <Command.Item
            key={target.path}
            value={`${target.name} ${target.hint} ${target.path}`}
            onSelect={() => go(target.path)}
            className="flex cursor-pointer items-center justify-between rounded-control px-3 py-2 text-sm data-[selected=true]:bg-accent-soft"
          >
            {target.name}
            <span className="text-xs text-ink-2">{target.hint}</span>
          </Command.Item>
        ))}
        <Command.Item
          value="keyboard shortcuts help"
          onSelect={() => {
            onDone();
            setTimeout(() => window.dispatchEvent(new Event(OPEN_HELP)), 0);
          }}
          className="flex cursor-pointer items-center justify-between rounded-control px-3 py-2 text-sm data-[selected=true]:bg-accent-soft"
        >
          Keyboard shortcuts
          <span className="text-xs text-ink-2">?</span>
        </Command.Item>
      </Command.List>
    </Command>
  );
}

interface ContextAnswer {
  readonly contexts: readonly {
    readonly id: string;
    readonly name: string;
    readonly stages: readonly { readonly id: string; readonly title: string }[];
  }[];
}

async function readTargets({ signal }: { signal: AbortSignal }): Promise<Target[]> {
  const response = await fetch('/api/v1/contexts?range=15m', { signal });
  if (!response.ok) return [];
  const { contexts }: ContextAnswer = await response.json();
  return contexts.flatMap((context) =>
    context.stages.map((stage) => ({
      name: stage.title,
      hint: `stage of ${context.name}`,
      path: `/contexts/${context.id}/${stage.id}`,
    })),
  );
}
