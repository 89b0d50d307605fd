// What this page knows, as plain data, so that anyone can script a check: `window.convene.report()`.

/** @typedef {import('./view/tile.js').Tile} Tile */

/**
 * @param {import('./room.js').Room} room
 * @param {{tiles: Map<string, Tile>, screens: Map<string, Tile>}} shown
 * @param {Set<string>} talking
 * @param {{rttMs: number | null, loss: number | null}} quality
 */
export function report(room, shown, talking, quality) {
  const { me } = room;
  const participants = [...room.others.values()].map(({ info, coming }) => {
    const tile = shown.tiles.get(info.id);
    const screen = info.publishing.screen ? shown.screens.get(info.id) : null;
    return {
      id: info.id, name: info.name, role: info.role, class: info.class,
      path: tile?.path ?? 'none', relay: tile?.relay ?? null, why: coming.camera.plan.why,
      video: videoOf(tile),
      skewMs: room.lips.skew(info.id), talking: talking.has(info.id), screen: screen ? { path: screen.path, relay: screen.relay, video: videoOf(screen) } : null, away: info.away,
    };
  });
  return { me: me && { id: me.id, name: me.name, role: me.role, ...quality, uplink: room.uplink, reached: room.isReached, publishing: room.mine.publishing }, participants, passedOn: room.passedOn, sound: room.soundMode };
}

/** @param {Tile | undefined} tile */
function videoOf(tile) { return { frames: tile?.frames ?? 0, ...(tile?.size ?? { width: 0, height: 0 }) }; }
