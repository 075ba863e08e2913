/** A command of Banyan as it can be pasted in the folder of the project: there is no `banyan` on anybody's PATH. */
export const banyanCommand = (args: string): string => `npm run -s banyan -- ${args}`;
