import { crashScenario } from './scenario08Crash.ts';
import { scenarioEstate } from './scenarioEstate.ts';

crashScenario(scenarioEstate('embedded'));
