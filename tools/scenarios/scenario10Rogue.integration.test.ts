import { rogueScenario } from './scenario10Rogue.ts';
import { scenarioEstate } from './scenarioEstate.ts';

rogueScenario(scenarioEstate('embedded'));
