// The palette is one, in the layout; whatever wants it opened says so by an event.
export const OPEN_PALETTE = 'banyan:palette';
export const OPEN_HELP = 'banyan:help';

export function openPalette(): void {
  window.dispatchEvent(new Event(OPEN_PALETTE));
}

export function openHelp(): void {
  window.dispatchEvent(new Event(OPEN_HELP));
}
