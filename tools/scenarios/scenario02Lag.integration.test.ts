import { lagScenario } from './scenario02Lag.ts';
import { scenarioEstate } from './scenarioEstate.ts';

lagScenario(scenarioEstate('embedded'));
