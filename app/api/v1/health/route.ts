import { messageOf } from '#lib/errors.ts';
import { answer, jsonResponse } from '#lib/http.ts';
import { web } from '#lib/runtime/web.ts';
import { type Health, readHealth } from '#lib/services/read/readHealth.ts';

/** Live and ready, part by part; 503 while not ready. `?check=live` asks about the process alone. */
export function GET(request: Request): Promise<Response> {
  return answer(async () => {
    if (new URL(request.url).searchParams.get('check') === 'live') return jsonResponse(request, { live: true });
    const health = await healthNow();
    return jsonResponse(request, health, { status: health.ready ? 200 : 503 });
  });
}

async function healthNow(): Promise<Health> {
  try {
    return await readHealth(await web());
  } catch (error) {
    return { live: true, ready: false, store: { state: 'down', detail: messageOf(error) }, parts: [] };
  }
}
