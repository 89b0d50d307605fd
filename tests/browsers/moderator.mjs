// A moderator whom no story looks at: his socket, in a page of the service, without sound and pictures.

/**
 * @param {import('./person.mjs').Person} person  in whose browser
 * @param {{origin: string}} service
 * @param {{id: string, moderator_token: string}} conference
 */
export async function moderate(person, { origin }, { id, moderator_token }) {
  const page = await person.browser.newPage();
  await page.goto(origin);
  await page.evaluate(enter, id, moderator_token);
  return {
    /** The names of those who wait. */
    waiting: () => page.evaluate(() => chair.waiting.map(({ name }) => name)),
    /** Decides about the one of that name. @param {'admit' | 'deny'} kind */
    decide: (kind, name, more = {}) => page.evaluate((...how) => chair.decide(...how), kind, name, more),
    leave: () => page.close(),
  };
}

async function enter(id, token) {
  const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/api/v1/conferences/${id}/socket`);
  const say = (message) => socket.send(JSON.stringify(message));
  globalThis.chair = { waiting: [], decide };
  await new Promise((resolve) => { socket.onopen = resolve; });
  say({ type: 'join', name: 'chair', token, publishing: { microphone: false, camera: false, screen: false } });
  await new Promise((resolve) => {
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'welcome') resolve();
      if (message.type === 'waiting_list') chair.waiting = message.waiting;
    };
  });

  function decide(kind, name, more) {
    const { id: participant } = chair.waiting.find((guest) => guest.name === name);
    say({ type: 'act', request: 1, action: { kind, participant, ...more } });
  }
}
