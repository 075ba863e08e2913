/** Of Banyan, as package.json has it. */
export const BANYAN_VERSION = '0.1.0';
