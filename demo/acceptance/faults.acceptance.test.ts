import { faultSuite } from './faultSuite.ts';

faultSuite('the embedded infrastructure', []);
