import type { Database } from '../adapters/store/database.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../ports/logger.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';

/** What every role is built from. */
export interface RoleDeps {
  readonly config: Config;
  readonly database: Database;
  readonly logger: Logger;
  readonly status: StatusBoard;
}
