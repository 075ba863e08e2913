import { partitionsScenario } from './scenario11Partitions.ts';
import { scenarioEstate } from './scenarioEstate.ts';

partitionsScenario(scenarioEstate('embedded'));
