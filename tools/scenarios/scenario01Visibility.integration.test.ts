import { visibilityScenario } from './scenario01Visibility.ts';
import { scenarioEstate } from './scenarioEstate.ts';

visibilityScenario(scenarioEstate('embedded'));
