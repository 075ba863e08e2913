import { faultSuite } from './faultSuite.ts';

// A moderate rate: what is judged is Banyan, not how much two busy cores can carry.
faultSuite('the embedded infrastructure', ['--rate', '25']);
