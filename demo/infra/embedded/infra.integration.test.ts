import { infraCases } from '../suite/infraCases.ts';

infraCases('embedded');
