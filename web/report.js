// What this page knows, as plain data, so that anyone can script a check: `window.convene.report()`.

/**
 * @param {import('./room.js').Room} room
 * @param {Map<string, import('./view/tile.js').Tile>} tiles
 * @param {Set<string>} talking
 * @param {{rttMs: number | null, loss: number | null}} quality
 */
export function report(room, tiles, talking, quality) {
  const { me } = room;
  const participants = [...room.others.values()].map(({ info, plan }) => {
    const tile = tiles.get(info.id);
    return {
      id: info.id, name: info.name, role: info.role, class: info.class,
      path: tile?.path ?? 'none', relay: tile?.relay ?? null, why: plan.why,
      video: { frames: tile?.frames ?? 0, ...(tile?.size ?? { width: 0, height: 0 }) },
      skewMs: null, talking: talking.has(info.id), screen: null,
    };
  });
  return { me: me && { id: me.id, name: me.name, role: me.role, ...quality, uplink: room.uplink }, participants, passedOn: room.passedOn, sound: room.soundMode };
}
