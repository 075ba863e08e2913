import type { Server } from 'node:net';
import { BanyanError } from '../../errors.ts';

/** Binds a server and says where; a port in use is an error that names the variable to change. */
export function listen(
  server: Server,
  host: string,
  port: number,
  variable: string,
): Promise<{ host: string; port: number }> {
  return new Promise((done, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const text = error.code === 'EADDRINUSE' ? `port ${port} on ${host} is in use` : error.message;
      reject(new BanyanError('bad_input', text, { fix: `free it, or choose another with ${variable}`, cause: error }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      done({ host, port: address !== null && typeof address === 'object' ? address.port : port });
    });
  });
}
