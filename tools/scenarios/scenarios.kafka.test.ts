import { visibilityScenario } from './scenario01Visibility.ts';
import { lagScenario } from './scenario02Lag.ts';
import { eventsScenario } from './scenario07Events.ts';
import { crashScenario } from './scenario08Crash.ts';
import { rogueScenario } from './scenario10Rogue.ts';
import { scenarioEstate } from './scenarioEstate.ts';

const estate = scenarioEstate('kafka');

visibilityScenario(estate);
lagScenario(estate);
eventsScenario(estate);
crashScenario(estate);
rogueScenario(estate);
