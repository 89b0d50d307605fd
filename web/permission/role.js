// What a role may do. The service enforces it; here it decides what is offered.

/** @typedef {import('../protocol.d.ts').Role} Role */

/** @param {Role} role */
export const maySend = (role) => role !== 'listener';

/** @param {Role} role */
export const mayEnd = (role) => role === 'moderator';
