// What a role may do. The service enforces it; here it decides what is offered.

/** @param {import('../protocol.d.ts').Role} role */
export const maySend = (role) => role !== 'listener';
