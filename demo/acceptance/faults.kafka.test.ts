import { faultSuite } from './faultSuite.ts';

faultSuite('Apache Kafka and Debezium', ['--infra', 'kafka', '--rate', '25']);
