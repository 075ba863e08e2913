import { eventsScenario } from './scenario07Events.ts';
import { scenarioEstate } from './scenarioEstate.ts';

eventsScenario(scenarioEstate('embedded'));
